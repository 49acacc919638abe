"""Everything that is held on a person, as sections of plain rows, from every app."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from customers.models import (
    AccessGrant,
    CareContact,
    Consent,
    ContactPerson,
    ContactPoint,
    Customer,
    CustomerEvent,
    PaymentRecord,
    Purchase,
    Reveal,
    RightsRequest,
)
from customers.queries.rights import family_of
from customers.signals import packing
from servicedesk.staff.models import User

Value = str | int | Decimal | dt.datetime | bool | None


@dataclass(frozen=True)
class Section:
    """One kind of data: `key` names it for programs, the titles for people."""

    key: str
    title: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Value]]


def sections_of(customer: Customer) -> Iterator[Section]:
    """Yield what is held on the person behind this record and those merged into it.

    In the language that is active. Who of us looked is told by function, not by name.
    """
    people = family_of(customer)
    keys = [each.pk for each in people]
    yield _record(people)
    yield _contacts(keys)
    yield _links(keys)
    yield _purchases(keys)
    yield _payments(keys)
    yield _consents(keys)
    yield _history(keys)
    yield _looks(keys)
    yield _grants(keys)
    yield _requests(keys)
    yield _care(keys)
    for each in people:
        for _receiver, sections in packing.send(sender=Customer, customer=each):
            found: Any = sections or []
            yield from found


def functions_of(users: Iterable[int | None]) -> dict[int, str]:
    """Return what each person does here, by key: the names of their roles."""
    found: dict[int, list[str]] = {}
    wanted = {key for key in users if key is not None}
    held = User.objects.filter(pk__in=wanted).prefetch_related("groups__role")
    for user in held:
        roles = [getattr(group, "role", None) for group in user.groups.all()]
        found[user.pk] = [role.label for role in roles if role]
    return {key: ", ".join(labels) or _("Staff") for key, labels in found.items()}


def _record(people: Sequence[Customer]) -> Section:
    columns = {
        "number": _("customer number"),
        "kind": _("kind"),
        "name": _("name"),
        "address": _("address"),
        "id_number": _("ID number"),
        "notes": _("notes"),
        "city": _("city"),
        "language": _("preferred language"),
        "channel": _("preferred channel"),
        "tags": _("tags"),
        "created_at": _("customer since"),
        "confirmed_at": _("confirmed"),
    }
    rows = [
        (
            each.code, each.get_kind_display(), str(each.name), _text(each.address),
            _text(each.id_number), _text(each.notes), each.city,
            each.get_language_display(), each.get_channel_display(),
            ", ".join(tag.label for tag in each.tags.all()), each.created_at,
            each.confirmed_at,
        )
        for each in people
    ]  # fmt: skip
    return Section("record", _("Record"), columns, rows)


def _contacts(keys: Sequence[Any]) -> Section:
    columns = {
        "kind": _("kind"),
        "value": _("value"),
        "note": _("use"),
        "verified_at": _("verified"),
        "created_at": _("added"),
    }
    found = ContactPoint.objects.filter(customer__in=keys).order_by("created_at")
    rows = [
        (
            each.get_kind_display(), str(each.value), each.note, each.verified_at,
            each.created_at,
        )
        for each in found
    ]  # fmt: skip
    return Section("contacts", _("Contacts"), columns, rows)


def _links(keys: Sequence[Any]) -> Section:
    """Name the people and companies beside the record by their numbers only."""
    columns = {
        "enterprise": _("enterprise"),
        "person": _("person"),
        "role": _("role"),
        "created_at": _("added"),
    }
    found = ContactPerson.objects.select_related("enterprise", "person").order_by("pk")
    rows = [
        (each.enterprise.code, each.person.code, each.role, each.created_at)
        for each in (
            *found.filter(enterprise__in=keys),
            *found.filter(person__in=keys),
        )
    ]
    return Section("links", _("Contact people"), columns, rows)


def _purchases(keys: Sequence[Any]) -> Section:
    columns = {
        "order_number": _("order number"),
        "product": _("product"),
        "amount": _("amount"),
        "currency": _("currency"),
        "status": _("status"),
        "bought_at": _("bought"),
    }
    found = Purchase.objects.filter(customer__in=keys).order_by("bought_at")
    rows = [
        (
            each.order_number, each.product, each.amount, each.currency,
            each.get_status_display(), each.bought_at,
        )
        for each in found
    ]  # fmt: skip
    return Section("purchases", _("Purchases"), columns, rows)


def _payments(keys: Sequence[Any]) -> Section:
    columns = {
        "method": _("method"),
        "account": _("account"),
        "amount": _("amount"),
        "currency": _("currency"),
        "paid_at": _("paid"),
    }
    found = PaymentRecord.objects.filter(customer__in=keys).order_by("paid_at")
    rows = [
        (
            each.get_method_display(), str(each.account), each.amount, each.currency,
            each.paid_at,
        )
        for each in found
    ]  # fmt: skip
    return Section("payments", _("Payments"), columns, rows)


def _consents(keys: Sequence[Any]) -> Section:
    columns = {
        "purpose": _("purpose"),
        "basis": _("lawful basis"),
        "way": _("given"),
        "given_at": _("since"),
        "withdrawn_at": _("withdrawn"),
    }
    found = Consent.objects.filter(customer__in=keys).order_by("given_at")
    rows = [
        (
            each.get_purpose_display(), each.get_basis_display(),
            each.get_way_display(), each.given_at, each.withdrawn_at,
        )
        for each in found
    ]  # fmt: skip
    return Section("consents", _("Consents"), columns, rows)


def _history(keys: Sequence[Any]) -> Section:
    columns = {"at": _("when"), "kind": _("kind"), "by": _("by"), "fields": _("fields")}
    found = list(CustomerEvent.objects.filter(customer__in=keys).order_by("at", "pk"))
    who = functions_of(each.by_id for each in found)
    rows = [
        (
            each.at, each.get_kind_display(), _who(who, each.by_id),
            ", ".join(each.fields),
        )
        for each in found
    ]  # fmt: skip
    return Section("history", _("History of the record"), columns, rows)


def _looks(keys: Sequence[Any]) -> Section:
    columns = {"at": _("when"), "field": _("field"), "by": _("by"), "why": _("purpose")}
    found = list(Reveal.objects.filter(customer__in=keys).order_by("at", "pk"))
    who = functions_of(each.by_id for each in found)
    rows = [
        (
            each.at, each.field.partition(":")[0], _who(who, each.by_id),
            each.get_purpose_display(),
        )
        for each in found
    ]  # fmt: skip
    return Section("looks", _("Who of us looked"), columns, rows)


def _grants(keys: Sequence[Any]) -> Section:
    columns = {
        "by": _("by"),
        "scope": _("scope"),
        "purpose": _("purpose"),
        "asked_at": _("when"),
        "until": _("until"),
        "state": _("state"),
    }
    found = list(AccessGrant.objects.filter(customer__in=keys).order_by("asked_at"))
    who = functions_of(each.user_id for each in found)
    rows = [
        (
            _who(who, each.user_id), each.get_scope_display(),
            each.get_purpose_display(), each.asked_at, each.until,
            each.get_state_display(),
        )
        for each in found
    ]  # fmt: skip
    return Section("grants", _("Access granted"), columns, rows)


def _requests(keys: Sequence[Any]) -> Section:
    columns = {
        "number": _("number"),
        "kind": _("what is asked"),
        "received_at": _("received"),
        "state": _("state"),
        "words": _("in the person’s words"),
        "answer": _("answer"),
    }
    found = RightsRequest.objects.filter(customer__in=keys).order_by("received_at")
    rows = [
        (
            each.code, each.get_kind_display(), each.received_at,
            each.get_state_display(), _text(each.words), _text(each.answer),
        )
        for each in found
    ]  # fmt: skip
    return Section("requests", _("Requests about data"), columns, rows)


def _care(keys: Sequence[Any]) -> Section:
    columns = {
        "plan": _("plan"),
        "due_at": _("due"),
        "done_at": _("done"),
        "outcome": _("outcome"),
        "words": _("what was said"),
    }
    found = CareContact.objects.filter(customer__in=keys).select_related("plan")
    rows = [
        (
            each.plan.label, each.due_at, each.done_at, each.get_outcome_display(),
            _text(each.words),
        )
        for each in found.order_by("due_at")
    ]  # fmt: skip
    return Section("care", _("Care contacts"), columns, rows)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _who(functions: Mapping[int, str], key: int | None) -> str:
    return _("the system") if key is None else functions.get(key, "")
