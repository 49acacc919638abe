"""Make a record, change it, confirm it with the customer, hand it to another team."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.consents import note_sensitive
from customers.actions.history import write
from customers.actions.hold import hold
from customers.actions.identify import Contact, find_contact_point, new_customer
from customers.models import (
    ContactKind,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    Field,
    Mode,
    Tag,
)
from customers.models.contact_point import VALUE_LABEL
from customers.queries.masks import modes_of
from servicedesk.audit.batch import together
from servicedesk.core.encryption.blind_index import hold_value
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids

SEALED = ("name", "address", "id_number", "notes")
PLAIN = ("kind", "city", "language", "channel")
_BESIDE = {"name": "name_index", "id_number": "id_number_index"}


class TakenError(RuleError):
    """The contact belongs to another customer, who is named for those who may see it."""

    def __init__(self, message: str, customer: Customer, kind: ContactKind) -> None:
        super().__init__(message)
        self.customer = customer
        self.kind = kind


class ChangedMeanwhileError(RuleError):
    """Somebody else changed the record while the form was open."""


@dataclass(frozen=True)
class Given:
    """What a record is made of, beyond the name and the first contact."""

    kind: str = "individual"
    city: str = ""
    channel: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    tags: Iterable[Tag] = ()
    consent_way: str = ""


@transaction.atomic
@together()
def create_customer(
    *,
    name: str,
    contact: Contact,
    language: str,
    team: Team,
    given: Given,
    by: User,
    now: dt.datetime,
) -> Customer:
    """Make a record with its first contact.

    Raises TakenError if the contact is on record with another customer already, and
    RuleError while the keys are missing.
    """
    more = {
        "kind": given.kind, "city": given.city, "channel": given.channel,
        "confirmed_at": now,
        **{key: value or None for key, value in given.sealed.items()},
    }  # fmt: skip
    try:
        refuse_taken(contact)
        with transaction.atomic():
            point = new_customer(
                name=name, contact=contact, team=team, language=language, number=None,
                now=now, more=more,
            )  # fmt: skip
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    except IntegrityError:
        refuse_taken(contact)
        raise
    customer = point.customer
    customer.tags.add(*given.tags)
    if customer.id_number and given.consent_way:
        note_sensitive(customer=customer, way=given.consent_way, by=by, now=now)
    write(customer, CustomerEventKind.CREATED, by=by, now=now)
    return customer


def refuse_taken(contact: Contact, customer: Customer | None = None) -> None:
    """Raise TakenError if the contact is another customer's; nobody else adds it now."""
    hold_value(VALUE_LABEL, contact.kind.value, contact.value)
    found = find_contact_point(contact)
    if found is not None and (customer is None or found.customer_id != customer.pk):
        raise TakenError(
            _("This contact is on record with another customer already."),
            found.customer,
            contact.kind,
        )


@transaction.atomic
@together()
def change_customer(
    *,
    customer: Customer,
    changes: Mapping[str, Any],
    tags: Iterable[Tag] | None = None,
    seen: UUID | None = None,
    consent_way: str = "",
    by: User,
    now: dt.datetime,
) -> Customer:
    """Change the fields that `changes` names, and the tags if they are given.

    `seen` is the last change that the form knew of: raises ChangedMeanwhileError if
    one of these fields was changed since. A new ID number asks for its own consent,
    which `consent_way` says the way of. Raises RuleError while the keys are missing.
    """
    held = hold(customer)
    changed = {name for name, value in changes.items() if getattr(held, name) != value}
    if tags is not None and {tag.pk for tag in tags} != set(
        held.tags.values_list("pk", flat=True)
    ):
        changed.add("tags")
    told = changed | _unread(changes, by)
    # All that was asked, before it says whether that is news: else a form from before
    # the last change would refuse a wrong guess at a masked value, and take a right one.
    _refuse_if_changed_since(held, seen, changed | set(changes))
    if not told:
        return held
    for name in changed - {"tags"}:
        setattr(held, name, changes[name])
    beside = {_BESIDE[name] for name in changed if name in _BESIDE}
    try:
        if names := sorted((changed - {"tags"}) | beside):
            held.save(update_fields=names)
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    if "tags" in changed and tags is not None:
        held.tags.set(tags)
    if "id_number" in told and held.id_number and consent_way:
        note_sensitive(customer=held, way=consent_way, by=by, now=now)
    write(held, CustomerEventKind.CHANGED, by=by, now=now, fields=told)
    return held


def _unread(names: Iterable[str], by: User) -> set[str]:
    """Return the sealed fields that the person replaces without reading them.

    The history says that they were replaced, whether the value is another or not: it
    would tell whether a guess at what is masked was right.
    """
    modes = modes_of(by)
    return {each for each in names if each in SEALED and modes[Field(each)] < Mode.READ}


def last_change(customer: Customer) -> UUID | None:
    """Return the key of the last change of the record."""
    changes = CustomerEvent.objects.filter(
        customer=customer, kind=CustomerEventKind.CHANGED
    )
    return changes.order_by("-at", "-id").values_list("pk", flat=True).first()


def _refuse_if_changed_since(
    customer: Customer, seen: UUID | None, fields: set[str]
) -> None:
    changes = CustomerEvent.objects.filter(
        customer=customer, kind=CustomerEventKind.CHANGED
    )
    if seen is not None:
        changes = changes.filter(pk__gt=seen)
    for names in changes.order_by("pk").values_list("fields", flat=True)[:50]:
        if fields & set(names):
            raise ChangedMeanwhileError(
                _(
                    "Somebody changed this record meanwhile. Look at it, then save again."
                )
            )


@transaction.atomic
@together()
def confirm_customer(*, customer: Customer, by: User, now: dt.datetime) -> Customer:
    """Write down that somebody checked the record with the customer."""
    held = hold(customer)
    held.confirmed_at = now
    held.save(update_fields=["confirmed_at"])
    write(held, CustomerEventKind.CONFIRMED, by=by, now=now)
    return held


@transaction.atomic
@together()
def hand_over(
    *, customer: Customer, team: Team, by: User, now: dt.datetime
) -> Customer:
    """Make the customer another team's.

    Raises RuleError for a team that is closed, and for whoever is only a guest: sight
    of a customer is no right to give it away.
    """
    held = hold(customer)
    if held.team_id not in team_ids(by):
        raise RuleError(_("Only the owning team can hand this customer over."))
    if not team.active:
        raise RuleError(_("This team is closed."))
    if held.team_id == team.pk:
        raise RuleError(_("The customer belongs to this team already."))
    held.team = team
    held.save(update_fields=["team"])
    write(held, CustomerEventKind.TEAM, by=by, now=now, fields=["team"])
    return held
