"""People, customers and tickets for tests, made by the same actions that pages use."""

import datetime as dt

import factory
from django.apps import apps
from factory.django import DjangoModelFactory

from customers.actions.identify import Contact, parse_contact
from customers.defaults import create_retention_rules, create_rights_settings
from customers.models import ContactKind, ContactPoint, Customer
from customers.roles import (
    CARE_PERMISSIONS,
    ERASURE_PERMISSIONS,
    HAND_OVER_PERMISSIONS,
    LIMITS_PERMISSIONS,
    SEARCH_PERMISSIONS,
    create_mask_rules,
)
from customers.roles import PERMISSIONS as CUSTOMER_PERMISSIONS
from servicedesk.audit.roles import PERMISSIONS as AUDIT_PERMISSIONS
from servicedesk.backups.roles import PERMISSIONS as BACKUP_PERMISSIONS
from servicedesk.core.calendar_defaults import create_default_calendars
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.defaults import create_default_teams, create_first_agreement
from servicedesk.staff.models import (
    AgreementSignature,
    Clearance,
    ConfidentialityAgreement,
    Role,
    Team,
    User,
)
from servicedesk.staff.roles import (
    CLEARANCE_PERMISSIONS,
    EVERY_CLEARANCE_PERMISSIONS,
    JOB_PERMISSIONS,
    KEY_PERMISSIONS,
    OPERATION_PERMISSIONS,
    SECURITY_PERMISSIONS,
    STAFF_PERMISSIONS,
    create_roles,
    grant,
)
from tickets.actions.create import Request, create_ticket
from tickets.defaults import create_defaults
from tickets.models import Category, Channel, Phase, Ticket
from tickets.roles import PERMISSIONS as TICKET_PERMISSIONS

# A Wednesday without holidays near it, 10:00 in Shanghai.
NOW = dt.datetime(2026, 3, 4, 2, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def ensure_defaults():
    """Bring back what migrations made, where a test that empties tables was before."""
    if Category.objects.exists():
        return
    create_default_calendars(apps, now=NOW)
    create_roles(apps)
    create_default_teams(apps)
    create_first_agreement(apps, now=NOW)
    create_defaults(apps, now=NOW)
    for permissions in (
        STAFF_PERMISSIONS,
        AUDIT_PERMISSIONS,
        BACKUP_PERMISSIONS,
        JOB_PERMISSIONS,
        KEY_PERMISSIONS,
        OPERATION_PERMISSIONS,
        SECURITY_PERMISSIONS,
        CLEARANCE_PERMISSIONS,
        EVERY_CLEARANCE_PERMISSIONS,
        CUSTOMER_PERMISSIONS,
        CARE_PERMISSIONS,
        ERASURE_PERMISSIONS,
        HAND_OVER_PERMISSIONS,
        LIMITS_PERMISSIONS,
        SEARCH_PERMISSIONS,
        TICKET_PERMISSIONS,
    ):
        grant(apps, permissions)
    create_mask_rules(apps)
    create_rights_settings(apps)
    create_retention_rules(apps)


def team_of(slug):
    """Return one of the teams that every desk begins with, by its short name."""
    return slug if isinstance(slug, Team) else Team.objects.get(slug=slug)


FOR_YEARS = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def clear(user, *, onboarded=True, trained=True, signed=True):
    """Let a person have passed everything, or all but what is named, as if long ago."""
    Clearance.objects.bulk_create(
        [
            Clearance(
                user=user,
                onboarded_at=NOW if onboarded else None,
                training_until=FOR_YEARS if trained else None,
            )
        ]
    )
    if signed:
        newest = ConfidentialityAgreement.objects.published().order_by("-number")
        AgreementSignature.objects.bulk_create(
            [
                AgreementSignature(
                    user=user,
                    agreement_id=newest.values_list("pk", flat=True)[0],
                    typed_name=user.display_name,
                    at=NOW,
                    language=user.language,
                    digest="0" * 64,
                )
            ]
        )
    return user


class UserFactory(DjangoModelFactory):
    """A cleared member of staff; `role` is a key, `team` a team or its short name."""

    class Meta:
        model = User

    display_name = factory.Sequence(lambda n: f"Colleague {n}")
    username = factory.LazyAttribute(
        lambda made: made.display_name.lower().replace(" ", ".")
    )
    email = factory.LazyAttribute(lambda made: f"{made.username}@desk.example")
    language = "en"
    role = "agent"
    team = None
    lead = False
    cleared = True

    @classmethod
    def _create(cls, model_class, *_args, role, team, lead, cleared, **fields):
        user = model_class.objects.create_user(**fields)
        if cleared:
            clear(user)
        if role:
            set_roles(user=user, groups=[Role.objects.get(key=role).group])
        if team:
            add_member(team=team_of(team), user=user, lead=lead)
        return user


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    number = factory.Sequence(lambda n: 900_000 + n)
    name = "陈静"
    language = "zh-hans"
    team = factory.LazyFunction(lambda: team_of("call-centre"))
    created_at = NOW


class ContactPointFactory(DjangoModelFactory):
    class Meta:
        model = ContactPoint

    customer = factory.SubFactory(CustomerFactory)
    kind = ContactKind.EMAIL
    value = factory.Sequence(lambda n: f"customer{n}@example.com")
    created_at = NOW


def request(
    *,
    name="张伟",
    contact="zhang.wei@example.com",
    category="question",
    subject="收到的耳机没有声音",
    body="昨天收到耳机，左边没有声音。",
    **more,
):
    """Return what a customer asks for; `contact` and `category` as plain words."""
    if not isinstance(contact, Contact):
        contact = parse_contact(contact)
    if not isinstance(category, Category):
        category = Category.objects.get(slug=category)
    return Request(
        name=name,
        contact=contact,
        category=category,
        subject=subject,
        body=body,
        **{"channel": Channel.WEB, "phase": Phase.AFTER_SALE, **more},
    )


class TicketFactory(factory.Factory):
    """A ticket as `create_ticket` makes it; each from a customer of its own."""

    class Meta:
        model = Ticket

    contact = factory.Sequence(lambda n: f"customer{n}@example.com")
    now = NOW
    by = None
    client_key = None

    @classmethod
    def _create(cls, _model_class, *_args, now, by, client_key, **asked):
        return create_ticket(
            request=request(**asked), by=by, now=now, client_key=client_key
        )
