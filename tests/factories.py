"""People, customers and tickets for tests, made by the same actions that pages use."""

import datetime as dt

import factory
from django.apps import apps
from factory.django import DjangoModelFactory

from customers.actions.identify import Contact, parse_contact
from customers.models import ContactKind, ContactPoint, Customer
from customers.roles import PERMISSIONS as CUSTOMER_PERMISSIONS
from servicedesk.core.calendar_defaults import create_default_calendars
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.defaults import create_default_teams
from servicedesk.staff.models import Role, Team, User
from servicedesk.staff.roles import STAFF_PERMISSIONS, create_roles, grant
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
    create_defaults(apps, now=NOW)
    for permissions in (STAFF_PERMISSIONS, CUSTOMER_PERMISSIONS, TICKET_PERMISSIONS):
        grant(apps, permissions)


def team_of(slug):
    """Return one of the teams that every desk begins with, by its short name."""
    return slug if isinstance(slug, Team) else Team.objects.get(slug=slug)


class UserFactory(DjangoModelFactory):
    """A member of staff; `role` is a key, `team` a team or its short name."""

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

    @classmethod
    def _create(cls, model_class, *_args, role, team, lead, **fields):
        user = model_class.objects.create_user(**fields)
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
