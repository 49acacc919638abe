"""The profile of customers as it may be shown: small groups hidden, long tails cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from customers.models import ContactKind, CustomerKind, ProfileFacts
from customers.queries.suppress import LEAST, hidden, total_may_show

CITIES = 15
"""So many cities are named; the others stand together in one row."""
_BANDS = {
    "orders": ("0", "1", "2", "3-5", "6-10", "11+"),
    "amount": ("0", "1-99", "100-499", "500-999", "1000-4999", "5000+"),
}


@dataclass(frozen=True)
class Row:
    """One group; None where the number must not be shown."""

    label: str
    people: int | None
    buyers: int | None
    orders: int | None
    amount: str | None


@dataclass(frozen=True)
class Table:
    """Groups of one kind, and their total, None where even that is too small."""

    key: str
    title: str
    rows: list[Row]
    total: int | None
    any_hidden: bool


@dataclass(frozen=True)
class Fifth:
    """A fifth of those who bought: how many, and what they are on average."""

    label: str
    people: int | None
    mean: str


@dataclass(frozen=True)
class Fifths:
    key: str
    title: str
    unit: str
    rows: list[Fifth]


def newest() -> ProfileFacts | None:
    """Return the figures that were counted last."""
    return ProfileFacts.objects.first()


def tables_of(facts: Mapping[str, Any]) -> list[Table]:
    """Return the tables by city, kind, language, channel, orders and amount."""
    titles = {
        "city": _("By city"),
        "kind": _("By kind"),
        "orders": _("By number of orders"),
        "amount": _("By amount of all orders (CNY)"),
        "language": _("By language"),
        "channel": _("By preferred channel"),
    }
    return [
        table_of(key, title, _labelled(key, facts.get(key, [])))
        for key, title in titles.items()
    ]


def table_of(
    key: str, title: str, counted: Sequence[tuple[str, int, int, int, Decimal]]
) -> Table:
    """Return a table that hides small groups, of people and of buyers apart.

    What was bought is hidden by the number of those who bought: the sum of one buyer
    among fifty customers is that buyer's.
    """
    people = [row[1] for row in counted]
    hide = hidden(people)
    hide_buyers = hidden([row[2] for row in counted]) | hide
    if not total_may_show([row[2] for row in counted]):
        hide_buyers = frozenset(range(len(counted)))
    rows = [
        Row(
            label,
            None if place in hide else count,
            None if place in hide_buyers else buyers,
            None if place in hide_buyers else orders,
            None if place in hide_buyers else _money(amount),
        )
        for place, (label, count, buyers, orders, amount) in enumerate(counted)
    ]
    total = sum(people) if total_may_show(people) else None
    return Table(key, title, rows, total, bool(hide or hide_buyers))


def fifths_of(facts: Mapping[str, Any]) -> list[Fifths]:
    """Return recency, frequency and value: five equal parts of all who bought."""
    about = {
        "recency": (_("Recency"), _("days since the last order"), 2),
        "frequency": (_("Frequency"), _("orders"), 3),
        "value": (_("Value"), _("CNY"), 4),
    }
    found = []
    for key, (title, unit, column) in about.items():
        counted = facts.get(key, [])
        hide = hidden([row[1] for row in counted])
        rows = [
            Fifth(
                _("Fifth %(number)d") % {"number": row[0]},
                None if place in hide else row[1],
                "" if place in hide else number_format(Decimal(str(row[column]))),
            )
            for place, row in enumerate(counted)
        ]
        found.append(Fifths(key, title, unit, rows))
    return found


def _labelled(
    key: str, counted: Sequence[Sequence[Any]]
) -> list[tuple[str, int, int, int, Decimal]]:
    rows = [
        (str(r[0]), int(r[1]), int(r[2]), int(r[3]), Decimal(r[4])) for r in counted
    ]
    if key in _BANDS:
        order = {band: place for place, band in enumerate(_BANDS[key])}
        rows.sort(key=lambda row: order.get(row[0], len(order)))
    if key == "city":
        rows = _cut(rows)
    return [(_label(key, row[0]), *row[1:]) for row in rows]


def _cut(
    rows: list[tuple[str, int, int, int, Decimal]],
) -> list[tuple[str, int, int, int, Decimal]]:
    """Name the largest cities; the small, the unknown and the rest are one row."""
    named = sorted(
        (row for row in rows if row[0] and row[1] >= LEAST), key=lambda row: -row[1]
    )
    rest = named[CITIES:] + [row for row in rows if not row[0] or row[1] < LEAST]
    if not rest:
        return named
    other = (
        "*",
        sum(row[1] for row in rest),
        sum(row[2] for row in rest),
        sum(row[3] for row in rest),
        sum((row[4] for row in rest), Decimal(0)),
    )
    return [*named[:CITIES], other]


def _label(key: str, value: str) -> str:
    if key == "city":
        return _("Other and unknown") if value == "*" else value
    if key == "kind":
        return str(CustomerKind(value).label)
    if key == "channel":
        return str(ContactKind(value).label) if value else _("None named")
    if key == "language":
        return str(get_language_info(value)["name_local"])
    return value.replace("-", "–")


def _money(amount: Decimal) -> str:
    return number_format(amount.quantize(Decimal(1)), force_grouping=True)
