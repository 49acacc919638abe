"""The kinds of data that a retention rule may purge: each app registers its own."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise

from customers.models import (
    Consent,
    Customer,
    HeldBecause,
    LegalHold,
    Purchase,
    RetentionHeld,
    RetentionRule,
)

Due = Callable[[dt.datetime], "QuerySet[Any]"]
Held = Mapping[Any, "HeldBecause"]
Purge = Callable[[Sequence[Any], dt.datetime], "Held | None"]
# Given a moment: the condition that a customer was in touch since; `OuterRef("pk")`.
Trace = Callable[[dt.datetime], Any]
PORTION = 100
MOST_COUNTED = 10_000
LOOK_AGAIN = dt.timedelta(days=1)
"""What is held back is left alone for so long."""


@dataclass(frozen=True)
class RetentionKind:
    """One kind of data: what is due before a moment, and how it is purged.

    `due` leaves out customers under a legal hold. `purge` takes the rows of a portion
    and is done in one transaction; it returns which of them, by key, have to stay and
    why, if any: only kinds with keys that are UUIDs may. `example` names a row by its
    number.
    """

    key: str
    title: str | Promise
    what: str | Promise
    due: Due
    purge: Purge
    example: Callable[[Any], str]


@dataclass(frozen=True)
class Preview:
    """What a rule would purge now: how many rows (at most 10,000), and some of them."""

    count: int
    more: bool
    examples: list[str]


@dataclass(frozen=True)
class HeldGroup:
    """How many are held back for one reason, and the numbers of some."""

    why: HeldBecause
    count: int
    examples: list[str]


_kinds: dict[str, RetentionKind] = {}
_traces: dict[str, Trace] = {}


def register_retention(kind: RetentionKind) -> None:
    """Let rules purge this kind; from `ready()`. ValueError for a name that is taken."""
    if _kinds.setdefault(kind.key, kind) != kind:
        raise ValueError(f"Two kinds of data called {kind.key!r}")


def register_trace(name: str, trace: Trace) -> None:
    """Let an app above say who was in touch since a moment; from `ready()`."""
    if _traces.setdefault(name, trace) is not trace:
        raise ValueError(f"Two traces called {name!r}")


def find_kind(key: str) -> RetentionKind | None:
    """Return the kind, or None if no app here knows it."""
    return _kinds.get(key)


def kinds() -> Iterator[RetentionKind]:
    """Yield every kind, in the order of registration."""
    yield from _kinds.values()


def quiet_since(moment: dt.datetime) -> "QuerySet[Customer]":
    """Return the customers of whom nothing was heard since: no ticket, no purchase."""
    bought = Purchase.objects.filter(customer=OuterRef("pk"), bought_at__gte=moment)
    found = Customer.objects.present().filter(erased_at=None, created_at__lt=moment)
    agreed = Consent.objects.filter(customer=OuterRef("pk"), given_at__gte=moment)
    found = found.filter(~Exists(bought), ~Exists(agreed)).exclude(
        confirmed_at__gte=moment
    )
    for trace in _traces.values():
        found = found.filter(~trace(moment))
    return found


def held(path: str = "pk") -> Q:
    """Return the condition that the customer (at `path`) is under a legal hold."""
    active = LegalHold.objects.filter(customer=OuterRef(path), released_at=None)
    return Q(Exists(active))


def due_now(
    rule: RetentionRule, *, now: dt.datetime, days: int | None = None
) -> "QuerySet[Any] | None":
    """Return what the rule would purge, without what it found to be held back today.

    With `days` as if it said so many. None where no app knows its kind.
    """
    kind = find_kind(rule.key)
    if kind is None:
        return None
    due = kind.due(now - dt.timedelta(days=days or rule.days))
    held_back = held_now(rule, now=now)
    return due.exclude(pk__in=held_back.values("row")) if held_back.exists() else due


def held_now(rule: RetentionRule, *, now: dt.datetime) -> "QuerySet[RetentionHeld]":
    """Return what the rule could not purge when it last looked, within a day."""
    return RetentionHeld.objects.filter(rule=rule, at__gt=now - LOOK_AGAIN)


def held_by_reason(rule: RetentionRule, *, now: dt.datetime) -> list[HeldGroup]:
    """Return how many are held back for each reason, with some of their numbers."""
    numbers: dict[str, list[str]] = {}
    rows = held_now(rule, now=now).order_by("name").values_list("why", "name")
    for why, name in rows[:MOST_COUNTED]:
        numbers.setdefault(why, []).append(name)
    return [
        HeldGroup(HeldBecause(why), len(names), names[:10])
        for why, names in sorted(numbers.items())
    ]


def preview(
    rule: RetentionRule, *, now: dt.datetime, days: int | None = None
) -> Preview:
    """Count what is due, and name some of it by number; see `due_now`."""
    kind, due = find_kind(rule.key), due_now(rule, now=now, days=days)
    if kind is None or due is None:
        return Preview(0, more=False, examples=[])
    keys = list(due.values_list("pk", flat=True)[: MOST_COUNTED + 1])
    examples = [kind.example(row) for row in due[:10]]
    count = min(len(keys), MOST_COUNTED)
    return Preview(count, more=len(keys) > MOST_COUNTED, examples=examples)
