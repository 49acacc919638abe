"""What the page of one customer shows, each value as its reader may see it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from customers import permissions
from customers.models import (
    Consent,
    ContactKind,
    ContactPerson,
    ContactPoint,
    Customer,
    Field,
    Mode,
    Purchase,
)
from customers.queries import masks
from customers.queries.told import field_label
from servicedesk.core.access import may
from servicedesk.core.panels import panels_for
from servicedesk.staff.models import User

CONFIRMED_FOR = dt.timedelta(days=365)
"""A record that nobody confirmed for so long is asked about."""
MOST = 200
EVENTS = 50
TABS = ("timeline", "purchases", "payments", "consents", "history")


@dataclass(frozen=True)
class Value:
    """One field of a record: its label, and what the reader sees of it."""

    label: str
    seen: masks.Seen
    field: str
    contact: str = ""


def stale(customer: Customer, now: dt.datetime) -> bool:
    """Tell whether nobody has made sure for a year that the record is true."""
    return (customer.confirmed_at or customer.created_at) < now - CONFIRMED_FOR


def head(customer: Customer, user: User, *, now: dt.datetime) -> dict[str, Any]:
    """Return what stands above every page of the customer; one query, for the tags."""
    name = masks.shown(Field.NAME, customer.name, user)
    return {
        "number": customer.number,
        "code": customer.code,
        "title": masks.name_of(customer, user),
        "name": name,
        "kind": customer.kind,
        "kind_label": customer.get_kind_display(),
        "team": customer.team,
        "city": customer.city,
        "language": customer.get_language_display(),
        "channel": customer.get_channel_display() if customer.channel else "",
        "since": customer.created_at,
        "confirmed_at": customer.confirmed_at,
        "stale": stale(customer, now),
        "erased_at": customer.erased_at,
        "tags": [str(tag) for tag in customer.tags.all()],
        "url": reverse("customers:customer", args=[customer.number]),
        "acts": acts(customer, user),
    }


def acts(customer: Customer, user: User) -> dict[str, str]:
    """Return the addresses of what this person may do with this record."""
    if customer.erased_at is not None:
        return {}
    needed = {
        "edit": permissions.CHANGE,
        "confirm": permissions.CHANGE,
        "contact-add": permissions.CHANGE,
        "person-add": permissions.CHANGE,
        "consent-add": permissions.CHANGE,
        "purchase-add": permissions.ADD_PURCHASE,
        "payment-add": permissions.ADD_PAYMENT,
        "team": permissions.HAND_OVER,
        "merge": permissions.MERGE,
    }
    return {
        name.replace("-", "_"): reverse(f"customers:{name}", args=[customer.number])
        for name, permission in needed.items()
        if may(user, permission)
    }


def tabs(customer: Customer, user: User, current: str) -> list[dict[str, Any]]:
    """Return the parts of the record as tabs, those of other apps behind our own."""
    labels = {
        "timeline": _("Timeline"),
        "purchases": _("Purchases"),
        "payments": _("Payments"),
        "consents": _("Consents"),
        "history": _("Changes"),
    }
    if not may(user, permissions.VIEW_PURCHASES):
        del labels["purchases"], labels["payments"]
    return [
        {
            "label": label,
            "url": reverse(f"customers:{key}", args=[customer.number]),
            "current": key == current,
        }
        for key, label in labels.items()
    ]


def panels(customer: Customer, user: User) -> list[dict[str, Any]]:
    """Return the parts that other files and apps show on the page of a customer."""
    return list(panels_for("customer", user, number=customer.number))


def facts(customer: Customer, user: User) -> list[Value]:
    """Return the sealed fields that are on record and not hidden from the reader."""
    sealed = (
        (Field.ADDRESS, _("Address"), customer.address),
        (Field.ID_NUMBER, _("ID number"), customer.id_number),
        (Field.NOTES, _("Notes"), customer.notes),
    )
    values = [
        Value(label, masks.shown(field, value, user), field.value)
        for field, label, value in sealed
    ]
    return [each for each in values if each.seen.text]


def contacts(customer: Customer, user: User) -> list[dict[str, Any]]:
    """Return the contact points, the living first, each as the reader may see it."""
    found = list(customer.contact_points.order_by("dead_at", "created_at")[:MOST])
    found.sort(key=lambda each: each.dead_at is not None)
    may_change = may(user, permissions.CHANGE) and customer.erased_at is None
    return [_contact(customer, each, user, may_change=may_change) for each in found]


def _contact(
    customer: Customer, contact: ContactPoint, user: User, *, may_change: bool
) -> dict[str, Any]:
    def address(name: str) -> str:
        return reverse(f"customers:{name}", args=[customer.number, contact.pk])

    seen = masks.contact_of(contact, user)
    return {
        "id": contact.pk,
        "kind": contact.kind,
        "kind_label": contact.get_kind_display(),
        "seen": seen,
        "hidden": seen.mode == Mode.HIDDEN,
        "note": contact.note,
        "verified_at": contact.verified_at,
        "dead_at": contact.dead_at,
        "verify_url": address("contact-verify") if may_change else "",
        "code_url": address("contact-code-send")
        if may_change and contact.kind == ContactKind.EMAIL
        else "",
        "dead_url": address("contact-dead") if may_change else "",
        "remove_url": address("contact-remove") if may_change else "",
    }


def people(customer: Customer, user: User) -> list[dict[str, Any]]:
    """Return who speaks for this enterprise, and for whom this person speaks."""
    found = (
        ContactPerson.objects.filter(Q(enterprise=customer) | Q(person=customer))
        .select_related("enterprise", "person")
        .order_by("created_at")[:MOST]
    )
    links = list(found)
    others = {_other(link, customer).pk for link in links}
    seen = _visible(others, user)
    return [_link(link, customer, user, seen) for link in links]


def _other(link: ContactPerson, customer: Customer) -> Customer:
    return link.person if link.enterprise_id == customer.pk else link.enterprise


def _visible(keys: set[Any], user: User) -> set[Any]:
    if not keys:
        return set()
    found = Customer.objects.visible_to(user).filter(pk__in=keys)
    return set(found.values_list("pk", flat=True))


def _link(
    link: ContactPerson, customer: Customer, user: User, seen: set[Any]
) -> dict[str, Any]:
    other = _other(link, customer)
    visible = other.pk in seen
    may_change = may(user, permissions.CHANGE) and customer.erased_at is None
    return {
        # Of a record that one may not see there is its number, and no name.
        "name": masks.name_of(other, user) if visible else other.code,
        "code": other.code if visible else "",
        "role": link.role if visible else "",
        "enterprise": link.enterprise_id == other.pk,
        "url": reverse("customers:customer", args=[other.number]) if visible else "",
        "remove_url": reverse(
            "customers:person-remove", args=[customer.number, link.pk]
        )
        if may_change
        else "",
    }


def purchases(customer: Customer) -> QuerySet[Purchase]:
    """Return what the customer bought, newest first."""
    return customer.purchases.order_by("-bought_at", "-pk")[:MOST]


def consents(customer: Customer) -> QuerySet[Consent]:
    """Return what was agreed to, what is still in force first."""
    found = customer.consents.select_related("recorded_by", "withdrawn_by")
    return found.order_by("-withdrawn_at", "-given_at")[:MOST]


def history(
    customer: Customer, before: "tuple[dt.datetime, uuid.UUID, str] | None"
) -> tuple[list[dict[str, Any]], str]:
    """Return what happened to the record, newest first, and the next page's cursor."""
    found = customer.events.select_related("by").order_by("-at", "-id")
    if before is not None:
        at, key, _source = before
        found = found.filter(at__lte=at).exclude(at=at, pk__gte=key)
    rows = list(found[: EVENTS + 1])
    more, rows = len(rows) > EVENTS, rows[:EVENTS]
    following = f"{rows[-1].at.isoformat()}~{rows[-1].pk}" if more else ""
    return [
        {
            "at": each.at,
            "what": each.get_kind_display(),
            "fields": ", ".join(field_label(name) for name in each.fields),
            "by": str(each.by) if each.by else "",
        }
        for each in rows
    ], following
