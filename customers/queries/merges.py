"""Records that may be one customer, and merges that can be undone."""

import uuid
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers import permissions
from customers.models import Customer, CustomerMerge, Field, Mode
from customers.queries import masks
from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

SUGGESTED = 10
SHOWN = 25
LOOKED_THROUGH = 2_000
"""So many records a page of suggestions looks at."""


def of(customer: Customer, user: User) -> list[dict[str, Any]]:
    """Return the merges into this record that are in force, for those who may undo."""
    if not may(user, permissions.MERGE):
        return []
    found = CustomerMerge.objects.filter(kept=customer, undone_at=None)
    return [
        {
            "code": each.gone.code,
            "at": each.at,
            "undo_url": reverse(
                "customers:merge-undo", args=[customer.number, each.pk]
            ),
        }
        for each in found.select_related("gone").order_by("-id")[:SUGGESTED]
    ]


def like(customer: Customer, user: User) -> QuerySet[Customer]:
    """Return the records that look like this one: same ID number, or name and city.

    Not by what is hidden from the user: a record of their own with a guess in it would
    find the one that it is true of.
    """
    same, (numbers, names) = Q(pk__in=[]), _seen_by(user)
    if numbers and customer.id_number_index:
        same |= Q(id_number_index=customer.id_number_index)
    if names and customer.name_index and customer.city:
        same |= Q(name_index=customer.name_index, city=customer.city)
    seen = Customer.objects.visible_to(user).present().filter(erased_at=None)
    return seen.filter(same).exclude(pk=customer.pk).order_by("-pk")[:SUGGESTED]


def _seen_by(user: User) -> tuple[bool, bool]:
    """Tell whether the user sees anything of ID numbers, and of names."""
    modes = masks.modes_of(user)
    return modes[Field.ID_NUMBER] != Mode.HIDDEN, modes[Field.NAME] != Mode.HIDDEN


def pairs_alike(
    user: User, *, before: uuid.UUID | None = None
) -> tuple[list[tuple[Customer, Customer]], str]:
    """Return pairs of one's teams' records that look alike, newest first.

    Doubles come with new records: so many of the newest are looked through, each by
    index. The cursor, "" at the end, goes on to older ones.
    """
    numbers, names = _seen_by(user)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "teams": sorted(team_ids(user)), "before": before or _LAST,
            "looked": LOOKED_THROUGH, "most": SHOWN,
            "numbers": numbers, "names": names,
        }  # fmt: skip
        cursor.execute(_ALIKE, {**values, "before": str(values["before"])})
        keys = cursor.fetchall()
        following = _following(cursor, values, keys)
    wanted = {key for pair in keys for key in pair}
    seen = Customer.objects.visible_to(user).present().filter(pk__in=wanted)
    found = {each.pk: each for each in seen.select_related("team")}
    pairs = [
        (found[one], found[other])
        for one, other in keys
        if one in found and other in found
    ]
    return pairs, following


def _following(cursor: Any, values: dict[str, Any], keys: list[Any]) -> str:
    if len(keys) == SHOWN:
        return str(keys[-1][0])
    cursor.execute(_LOOKED, {**values, "before": str(values["before"])})
    last = cursor.fetchone()
    return str(last[0]) if last else ""


_LAST = uuid.UUID(int=2**128 - 1)
_PRESENT = "team_id = ANY(%(teams)s) AND merged_into_id IS NULL AND erased_at IS NULL"
_LOOKED = f"""
SELECT id FROM customers_customer WHERE {_PRESENT} AND id < %(before)s
ORDER BY id DESC OFFSET %(looked)s - 1 LIMIT 1
"""  # noqa: S608  # as below
_ALIKE = f"""
WITH looked AS MATERIALIZED (
  SELECT id, name_index, city, id_number_index FROM customers_customer
  WHERE {_PRESENT} AND id < %(before)s ORDER BY id DESC LIMIT %(looked)s
)
SELECT looked.id, coalesce(named.id, numbered.id) FROM looked
LEFT JOIN LATERAL (
  SELECT id FROM customers_customer other
  WHERE %(names)s AND looked.city <> '' AND looked.name_index <> ''
    AND other.name_index = looked.name_index AND other.city = looked.city
    AND other.id < looked.id AND {_PRESENT} LIMIT 1) named ON true
LEFT JOIN LATERAL (
  SELECT id FROM customers_customer other
  WHERE %(numbers)s AND other.id_number_index = looked.id_number_index
    AND other.id < looked.id AND {_PRESENT} LIMIT 1) numbered ON true
WHERE coalesce(named.id, numbered.id) IS NOT NULL ORDER BY 1 DESC LIMIT %(most)s
"""  # noqa: S608  # a condition of our own, values are passed apart


def compared(
    kept: Customer, gone: Customer, user: User
) -> list[tuple[str, str, str, str]]:
    """Return field, label, and both values as the reader may see them, where they differ."""
    lines = []
    for field, label in _LABELS.items():
        one, other = getattr(kept, field), getattr(gone, field)
        if (one or "") == (other or ""):
            continue
        if field in Field.values and masks.modes_of(user)[Field(field)] == Mode.HIDDEN:
            # What may not be seen is not chosen either: it stays, or fills what is empty.
            continue
        lines.append(
            (field, str(label), _seen(kept, field, user), _seen(gone, field, user))
        )
    return lines


def _seen(customer: Customer, field: str, user: User) -> str:
    value = getattr(customer, field)
    if field in Field.values:
        return masks.shown(Field(field), value, user).text
    display = getattr(customer, f"get_{field}_display", None)
    return str(display() if display and value else value)


_LABELS = {
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "language": gettext_lazy("Language"),
    "channel": gettext_lazy("Preferred channel"),
    "city": gettext_lazy("City"),
    "address": gettext_lazy("Address"),
    "id_number": gettext_lazy("ID number"),
    "notes": gettext_lazy("Notes"),
}
