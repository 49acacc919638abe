"""The timeline of a customer (客户时间线): all that happened, of every app, newest first.

Apps and parts register what they have to tell, from `ready()`. However many there are,
a page is one statement: each source says which rows the reader may see, and which of
their columns its words are made of; the rows of all are put together by the database.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import CharField, F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from servicedesk.staff.models import User

PAGE = 30
ALL = pgettext_lazy("timeline", "Everything")


@dataclass(frozen=True)
class Row:
    """What a source made of one of its rows: when, its key, and the columns it names."""

    at: dt.datetime
    key: uuid.UUID
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What is written of a row, for this reader: nothing that a mask would hide."""

    title: str
    text: str = ""
    url: str = ""
    mark: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of the timeline."""

    kind: str
    label: str | Promise
    icon: str
    at: dt.datetime
    words: Words


Query = Callable[[Sequence[uuid.UUID], User], "QuerySet[Any] | None"]
"""Returns the rows about the customers with these keys (one, and those merged into it)
that the user may see; None for nobody to see any."""
Tell = Callable[[Row, User], Words]


@dataclass(frozen=True)
class Source:
    """One kind of thing that happens to customers."""

    key: str
    label: str | Promise
    icon: str
    query: Query
    at: str
    columns: tuple[str, ...]
    tell: Tell


_sources: dict[str, Source] = {}


def register_source(  # what one kind of entry is made of
    key: str,
    label: str | Promise,
    icon: str,
    query: Query,
    *,
    at: str,
    columns: Iterable[str] = (),
    tell: Tell,
) -> None:
    """Let something be told on the timelines of customers; from `ready()`.

    `query(keys, user)` returns the rows that this user may see; `at` names their moment
    and `columns` what `tell` needs of them, joined columns too (`by__display_name`),
    sealed ones never. `tell(row, user)` writes a row in words, without asking the
    database. Raises ValueError when something else has the key already.
    """
    made = Source(key, label, icon, query, at, tuple(columns), tell)
    known = _sources.setdefault(key, made)
    if (known.query, known.tell) != (query, tell):
        raise ValueError(f"Two sources of the timeline called {key!r}")


def kinds() -> list[tuple[str, str | Promise]]:
    """Return the key and label of every kind, in the order of registration."""
    return [(source.key, source.label) for source in _sources.values()]


Cursor = tuple[dt.datetime, uuid.UUID, str]
"""The moment of the last entry of a page, the key of its row, and its source: one row
may be told by two (a consent given, and withdrawn)."""


def page_of(
    customer: Customer,
    user: User,
    *,
    kind: str = "",
    before: Cursor | None = None,
) -> tuple[list[Entry], str]:
    """Return a page of entries, and the cursor of the next page ("" for none)."""
    keys = family(customer)
    wanted = [_sources[kind]] if kind in _sources else list(_sources.values())
    parts = [
        part
        for source in wanted
        if (part := _part(source, keys, user, before)) is not None
    ]
    if not parts:
        return [], ""
    rows = _together(parts)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    following = _cursor_of(rows[-1]) if more else ""
    return [_entry(row, user) for row in rows], following


def _together(parts: "list[QuerySet[Any, Any]]") -> list[Any]:
    """Return the newest of all: each part is in order, and no longer than a page."""
    first, *others = parts
    if not others:
        return list(first)
    union = first.union(*others, all=True)
    return list(union.order_by("-moment", "-row", "-source")[: PAGE + 1])


def read_cursor(text: str) -> Cursor | None:
    """Return the place that a cursor names; None for a text that is no cursor."""
    moment, _tilde, rest = text.partition("~")
    key, _tilde, source = rest.partition("~")
    try:
        at = dt.datetime.fromisoformat(moment)
        return (at, uuid.UUID(key), source) if at.tzinfo else None
    except ValueError:
        return None


def _cursor_of(row: Mapping[str, Any]) -> str:
    return f"{row['moment'].isoformat()}~{row['row']}~{row['source']}"


def family(customer: Customer) -> list[uuid.UUID]:
    """Return the keys of the record, and of all that were merged into it."""
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, [str(customer.pk)])
        return [uuid.UUID(str(key)) for (key,) in cursor.fetchall()]


_FAMILY = """
WITH RECURSIVE family (id) AS (
  SELECT %s::uuid
  UNION
  SELECT gone.id FROM customers_customer gone JOIN family ON gone.merged_into_id = family.id
) SELECT id FROM family LIMIT 100
"""


def _part(
    source: Source, keys: list[uuid.UUID], user: User, before: Cursor | None
) -> "QuerySet[Any, Any] | None":
    rows = source.query(keys, user)
    if rows is None or rows.query.is_empty():
        return None
    columns = {f"c{place}": F(name) for place, name in enumerate(source.columns)}
    made = rows.order_by().annotate(
        source=Value(source.key, output_field=CharField()),
        moment=F(source.at),
        row=Cast("pk", UUIDField()),
        told=JSONObject(**columns),
    )
    if before is not None:
        at, key, told_by = before
        behind = "pk__gte" if source.key >= told_by else "pk__gt"
        # Also of the very moment, those behind; and the index of the moment is used.
        made = made.filter(**{f"{source.at}__lte": at}).exclude(
            **{source.at: at, behind: key}
        )
    ordered = made.order_by(f"-{source.at}", "-pk")[: PAGE + 1]
    told: QuerySet[Any, Any] = ordered.values("source", "moment", "row", "told")
    return told


def _entry(row: Mapping[str, Any], user: User) -> Entry:
    source = _sources[row["source"]]
    told = row["told"] or {}
    data = {name: told.get(f"c{place}") for place, name in enumerate(source.columns)}
    words = source.tell(Row(row["moment"], row["row"], data), user)
    return Entry(source.key, source.label, source.icon, row["moment"], words)
