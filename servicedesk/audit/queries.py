"""Find entries, newest first and a page at a time, and tell the state of the seals."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from servicedesk.audit.database import TABLE
from servicedesk.audit.models import LogEntry, Seal, SealKind, Verification
from servicedesk.audit.sealing import floor_of, last_seal, moment
from servicedesk.core.encryption.sealed import MARK

PAGE: Final = 50
LONGEST_SEARCH: Final = "4s"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_LONGEST_VALUE: Final = 140
_DETAILS: Final = {
    "asked": pgettext_lazy("audit detail", "asked"),
    "change": pgettext_lazy("audit detail", "change"),
    "count": pgettext_lazy("audit detail", "count"),
    "factor": pgettext_lazy("audit detail", "factor"),
    "fields": pgettext_lazy("audit detail", "fields"),
    "filters": pgettext_lazy("audit detail", "filters"),
    "given_up": pgettext_lazy("audit detail", "unreadable values given up"),
    "limit": pgettext_lazy("audit detail", "limit"),
    "more": pgettext_lazy("audit detail", "further ones"),
    "number": pgettext_lazy("audit detail", "number"),
    "page": pgettext_lazy("audit detail", "page"),
    "purpose": pgettext_lazy("audit detail", "purpose"),
    "status": pgettext_lazy("audit detail", "status"),
    "typed": pgettext_lazy("audit detail", "typed name (keyed hash)"),
}
# Each takes a reader and gives the entries that this reader may not see.
_hidden: dict[str, Callable[[AbstractBaseUser], Q]] = {}


def hide(name: str, which: Callable[[AbstractBaseUser], Q]) -> None:
    """Keep entries from readers, as of a confidential case; for the apps above."""
    _hidden[name] = which


def readable_to(user: AbstractBaseUser) -> QuerySet[LogEntry]:
    """Return the entries that a reader of the log may see: the one place for it."""
    found: QuerySet[LogEntry] = LogEntry.objects.all()
    for which in _hidden.values():
        found = found.exclude(which(user))
    return found


def page_of(
    found: QuerySet[LogEntry], *, before: tuple[dt.datetime, int] | None
) -> list[LogEntry]:
    """Return one page of entries and one more, from a cursor on."""
    if before is not None:
        at, pk = before
        found = found.filter(timestamp__lte=at)
        found = found.filter(Q(timestamp__lt=at) | Q(timestamp=at, pk__lt=pk))
    rows = found.order_by("-timestamp", "-pk").prefetch_related("actor", "content_type")
    return list(rows[: PAGE + 1])


def cursor_of(entry: LogEntry) -> str:
    """Return the address part that means: what is older than this entry."""
    return f"{(entry.timestamp - _EPOCH) // _MICROSECOND}.{entry.pk}"


def read_cursor(text: str) -> tuple[dt.datetime, int] | None:
    """Return what a cursor says; None if it makes no sense."""
    try:
        at, pk = (int(part) for part in text.split("."))
        return moment(at), pk
    except (ValueError, OverflowError):
        return None


@dataclass
class Shown:
    """An entry as the page shows it."""

    entry: LogEntry
    seal: int | None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)

    @property
    def who(self) -> str:
        return str(self.entry.actor) if self.entry.actor else ""

    @property
    def model(self) -> str:
        kind = self.entry.content_type
        return str(kind.name) if kind else ""


def shown(
    entries: Sequence[LogEntry], *, sealed: str, last: Seal | None
) -> list[Shown]:
    """Return entries with what changed, a word in place of sealed values, and seals."""
    seals = _seals_of(entries, last)
    return [
        Shown(each, seals.get(each.pk), _changes(each, sealed), _details(each))
        for each in entries
    ]


def _changes(entry: LogEntry, sealed: str) -> list[tuple[str, str, str]]:
    found = []
    for name, values in (entry.changes or {}).items():
        if isinstance(values, dict):  # of a relation to many
            listed = ", ".join(map(str, values.get("objects", [])))
            sign = "+" if values.get("operation") == "add" else "−"
            found.append((_label(entry, name), "", f"{sign} {listed}"))
        else:
            old, new = (_value(value, sealed) for value in values)
            found.append((_label(entry, name), old, new))
    return sorted(found)


def _label(entry: LogEntry, name: str) -> str:
    model = entry.content_type.model_class() if entry.content_type else None
    names = {each.name: each for each in model._meta.fields} if model else {}
    return str(names[name].verbose_name) if name in names else name


def _value(value: object, sealed: str) -> str:
    text = str(value)
    if text == MARK:
        return sealed
    if text == "None":
        return "–"
    cut = len(text) > _LONGEST_VALUE
    return f"{text[:_LONGEST_VALUE]}…" if cut else text


def _details(entry: LogEntry) -> list[tuple[str, str]]:
    found = []
    for name, value in (entry.additional_data or {}).items():
        text = _plain(value)
        if text:
            found.append((str(_DETAILS.get(name, name)), text))
    return found


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


# --- seals ---


def _seals_of(entries: Sequence[LogEntry], last: Seal | None) -> dict[int, int]:
    """Return the seal of each entry that has one; `last` is the newest seal."""
    found: dict[int, int] = {}
    rest = {each.pk: each.xid for each in entries}
    for era in range(last.era if last else -1, -1, -1):
        floor = floor_of(era)
        mine = {pk: xid for pk, xid in rest.items() if pk > floor}
        found |= _in_era(era, mine)
        rest = {pk: xid for pk, xid in rest.items() if pk <= floor}
        if not rest:
            break
    return found


def _in_era(era: int, xids: dict[int, int]) -> dict[int, int]:
    # One look into the index for each: the seals between them may be very many.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, (SELECT s.number FROM audit_seal s WHERE s.era = %s"
            " AND s.to_xid > e.xid AND s.kind = %s ORDER BY s.to_xid LIMIT 1)"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS e (id, xid)",
            [era, SealKind.ENTRIES, list(xids), list(xids.values())],
        )
        found = {pk: number for pk, number in cursor.fetchall() if number}
    if len(found) < len(xids):
        moved = Seal.objects.filter(kind=SealKind.MOVED, era=era + 1)
        number = moved.values_list("number", flat=True).first()
        found = (dict.fromkeys(xids, number) if number else {}) | found
    return found


@dataclass(frozen=True)
class SealState:
    """What the panel tells: the newest seal, what waits, what the last look found."""

    last: Seal | None
    waiting_since: dt.datetime | None
    verification: Verification | None


def seal_state() -> SealState:
    """Return the state of the seals, by three small queries."""
    last = last_seal()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT timestamp FROM {TABLE} WHERE xid >= %s AND id > %s"  # noqa: S608
            " ORDER BY xid LIMIT 1",
            [last.to_xid if last else 0, floor_of(last.era) if last else 0],
        )
        waiting: Any = cursor.fetchone()
    return SealState(
        last, waiting[0] if waiting else None, Verification.objects.first()
    )
