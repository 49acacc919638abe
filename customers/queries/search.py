"""Find a customer by what somebody says of them: exact values, or four digits and more.

Everything sealed is found by its blind index. Each way of reading the words is a short
query of keys; together they are narrowed to what the reader may see, in one statement.
What is hidden from somebody is not found by them either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.models import (
    ContactKind,
    ContactPoint,
    Customer,
    Field,
    Mode,
    Purchase,
)
from customers.models.contact_point import LAST4_LABEL, VALUE_LABEL
from customers.permissions import VIEW_PURCHASES
from customers.queries import masks, pairs
from servicedesk.core.access import may
from servicedesk.core.encryption.blind_index import blind_indexes
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.normalise import normalise
from servicedesk.staff.models import User

MOST = 50
NAME_LABEL = "customers.customer.name"
ID_LABEL = "customers.customer.id_number"
CANDIDATES = 500
"""So many names at most are opened to look for a part of one."""

Keys = Any


@dataclass(frozen=True)
class Asked:
    """What the words can mean: each that is not empty is looked for.

    `contacts` are kinds and values; `last4` counts only with something `beside` it:
    a city, a whole name, or the beginning of an order number.
    """

    number: int | None = None
    contacts: tuple[tuple[str, str], ...] = ()
    order: str = ""
    id_number: str = ""
    name: str = ""
    last4: str = ""
    beside: str = ""

    @property
    def ways(self) -> list[str]:
        """The ways of looking, as names for the log."""
        kinds = [kind for kind, _value in self.contacts]
        others = [
            name
            for name in ("number", "order", "id_number", "name", "last4")
            if getattr(self, name)
        ]
        return sorted({*kinds, *others})


def find(asked: Asked, user: User) -> list[Customer]:
    """Return the customers that answer and that the user may see, newest first.

    One more than `MOST` where there are more.
    """
    seen = Customer.objects.visible_to(user).present()
    exact: list[Customer] = []
    if keys := list(_ways(asked, user)):
        exact = list(_with_lines(seen.filter(pk__in=_together(keys)))[: MOST + 1])
    if len(exact) > MOST or not _asks_for_a_part(asked, user):
        return exact
    known = {each.pk for each in exact}
    parts = [each for each in _by_part(asked.name, seen) if each.pk not in known]
    return [*exact, *parts][: MOST + 1]


def hidden(asked: Asked, user: User) -> Customer | None:
    """Return a customer who has exactly this phone, e-mail or order, seen or not.

    For somebody who found nothing: who holds one of these has it from the customer, and
    is told that there is a record to ask access for. Neither names nor ID numbers nor
    customer numbers (which can be counted up) tell anything, nor does what is hidden
    from the person's role: it would name the record of a number that they may not see.
    """
    modes = masks.modes_of(user)
    keys = [
        _by_contact(kind, value)
        for kind, value in asked.contacts
        if kind in {ContactKind.PHONE, ContactKind.EMAIL}
        and modes[Field(kind)] != Mode.HIDDEN
    ]
    if asked.order and may(user, VIEW_PURCHASES):
        keys.append(_by_order(asked.order))
    if not keys:
        return None
    there = Customer.objects.present().filter(pk__in=_together(keys), erased_at=None)
    return there.order_by("pk").first()


def by_phone(value: str, user: User) -> Customer | None:
    """Return the customer who has this number, if the user may see them."""
    if masks.modes_of(user)[Field.PHONE] == Mode.HIDDEN:
        return None
    keys = _by_contact(ContactKind.PHONE, value)
    seen = Customer.objects.visible_to(user).present()
    return seen.filter(pk__in=keys).select_related("team").first()


def _with_lines(found: QuerySet[Customer]) -> QuerySet[Customer]:
    return (
        found.select_related("team")
        .prefetch_related("contact_points", "tags")
        .order_by("-pk")
    )


def _together(keys: list[Keys]) -> Keys:
    """Return the keys of all ways: each is short by itself, and asked by its index."""
    first, *others = keys
    return first.union(*others) if others else first


def _ways(asked: Asked, user: User) -> Iterator[Keys]:
    modes = masks.modes_of(user)
    purchases = may(user, VIEW_PURCHASES)
    if asked.number is not None:
        yield _of(Q(number=asked.number))
    for kind, value in asked.contacts:
        if modes[Field(kind)] != Mode.HIDDEN:
            yield _by_contact(kind, value)
    if asked.order and purchases:
        yield _by_order(asked.order)
    if asked.id_number and modes[Field.ID_NUMBER] != Mode.HIDDEN:
        yield _of(Q(id_number_index__in=blind_indexes(ID_LABEL, "id", asked.id_number)))
    if asked.name and modes[Field.NAME] != Mode.HIDDEN:
        yield _of(Q(name_index__in=_names(asked.name)))
    if asked.last4 and asked.beside and modes[Field.PHONE] != Mode.HIDDEN:
        named = modes[Field.NAME] != Mode.HIDDEN
        yield _by_last4(asked, named=named, purchases=purchases)


def _of(condition: Q) -> Keys:
    return Customer.objects.filter(condition).values("pk")


def _names(name: str) -> list[bytes]:
    return blind_indexes(NAME_LABEL, "name", name)


def _by_contact(kind: str, value: str) -> Keys:
    return ContactPoint.objects.filter(
        kind=kind, value_index__in=blind_indexes(VALUE_LABEL, kind, value)
    ).values("customer")


def _by_order(order: str) -> Keys:
    return Purchase.objects.filter(order_number=order).values("customer")


def _by_last4(asked: Asked, *, named: bool, purchases: bool) -> Keys:
    """Return who has a number that ends so, and is also as the rest says."""
    digits = blind_indexes(LAST4_LABEL, "last4", asked.last4)
    ends = ContactPoint.objects.filter(kind="phone", last4_index__in=digits)
    also = Q(city__iexact=asked.beside)
    if named:
        also |= Q(name_index__in=_names(asked.beside))
    if purchases:
        order = Purchase.objects.filter(
            customer=OuterRef("pk"), order_number__istartswith=asked.beside
        )
        also |= Q(Exists(order))
    return _of(Q(pk__in=ends.values("customer")) & also)


def _asks_for_a_part(asked: Asked, user: User) -> bool:
    may_read = masks.modes_of(user)[Field.NAME] != Mode.HIDDEN
    return (
        bool(asked.name) and may_read and pairs.can_ask(asked.name) and pairs.wanted()
    )


def _by_part(name: str, seen: QuerySet[Customer]) -> list[Customer]:
    """Return those whose name holds this part; pairs find more, so each is looked at."""
    answer = Q(pk__in=[])
    for version in pairs.versions():
        answer |= Q(
            name_pairs__key_version=version,
            name_pairs__pairs__contains=pairs.pairs_of(name, version),
        )
    part = normalise("name", name)
    candidates = _with_lines(seen.filter(answer))[:CANDIDATES]
    return [
        each
        for each in candidates
        if not isinstance(each.name, Unreadable)
        and part in normalise("name", each.name)
    ]
