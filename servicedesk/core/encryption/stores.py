"""The places where sealed values lie, one behind the other: tables, and what apps add.

A store is read in portions without locks. It is written by compare-and-set on rows that
nobody else holds at that moment: a page never waits for it, and an edit that came in
between stays. What was passed over comes again in the next pass.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, models, transaction

from servicedesk.core.encryption.envelope import FORMAT, RowKey, key_version
from servicedesk.core.encryption.errors import Tampered
from servicedesk.core.encryption.fields import SealedTextField

Model = type[models.Model]
# The stored bytes of one row, by the name of the part; and what is to change: old, new.
Row = tuple[str, Mapping[str, bytes]]
Change = tuple[str, Mapping[str, tuple[bytes, bytes]]]
UNFIT = 0
"""Stands for the version of a value that is no sealed one at all."""


class Store(ABC):
    """One place of sealed values; `name` is kept in cursors and never changes."""

    name: str

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, str]:
        """The label of each part, by the part's name."""

    @abstractmethod
    def read(self, after: str | None, limit: int) -> list[Row]:
        """Return the next rows in the order of their keys, with what is sealed in them."""

    @abstractmethod
    def write(self, changes: Sequence[Change]) -> int:
        """Write what is still the same bytes, on rows that are free; return how many."""

    @abstractmethod
    def versions(self) -> dict[str, dict[int, int]]:
        """Count the values of each part by key version, exactly (UNFIT for garbage)."""

    def title(self, part: str) -> str:
        """Return what people call the part."""
        return self.parts[part]

    def place(self, part: str, pk: str) -> tuple[str, RowKey]:
        """Return what a value is bound to: its label and its row."""
        return self.parts[part], pk


def version_of(envelope: bytes) -> int:
    """Return the key version of stored bytes; UNFIT if they are no sealed value."""
    try:
        return key_version(envelope) if envelope[:1] == bytes([FORMAT]) else UNFIT
    except Tampered:
        return UNFIT


def sealed_fields(model: Model) -> list[SealedTextField[Any, Any]]:
    """Return the sealed fields that the model itself declares."""
    return [f for f in model._meta.local_fields if isinstance(f, SealedTextField)]


def quoted(name: str | None) -> str:
    """Return the name of a table or column as SQL wants it."""
    return connection.ops.quote_name(str(name))


def give_way(cursor: Any) -> None:
    """Let this transaction be the one that gives up, long before a page has to wait."""
    cursor.execute("SET LOCAL lock_timeout = '500ms'")


def free_rows(table: str, pk: str, kind: str, keys: Sequence[str]) -> list[Any]:
    """Lock those of the rows that nobody holds, and return their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {pk} FROM {table} WHERE {pk} = ANY(%s::{kind}[])"  # noqa: S608 - names of ours
            f" ORDER BY {pk} FOR UPDATE SKIP LOCKED",
            [list(keys)],
        )
        return [str(key) for (key,) in cursor.fetchall()]


class TableStore(Store):
    """The sealed columns of one model's table."""

    def __init__(self, model: Model) -> None:
        meta = model._meta
        self.model = model
        self.name = meta.label_lower
        self.fields = sealed_fields(model)
        self._table, self._pk = quoted(meta.db_table), quoted(meta.pk.column)
        self._kind = meta.pk.db_type(connection) or ""

    @property
    def parts(self) -> Mapping[str, str]:
        return {field.attname: field.label for field in self.fields}

    def title(self, part: str) -> str:
        name = self.model._meta.get_field(part)
        return f"{self.model._meta.verbose_name}: {getattr(name, 'verbose_name', part)}"

    def read(self, after: str | None, limit: int) -> list[Row]:
        rows: models.QuerySet[Any] = models.QuerySet(self.model).order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        found = rows.values_list("pk", *self.parts)[:limit]
        return [
            (
                str(pk),
                {
                    part: one.envelope
                    for part, one in zip(self.parts, held, strict=True)
                    if one is not None
                },
            )
            for pk, *held in found
        ]

    def write(self, changes: Sequence[Change]) -> int:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                give_way(cursor)
                keys = [pk for pk, _change in changes]
                free = set(free_rows(self._table, self._pk, self._kind, keys))
                mine = [change for change in changes if change[0] in free]
                return self._set(cursor, mine) if mine else 0
        except OperationalError:
            # Somebody held on to what we wanted: they go first, this comes again.
            return 0

    def _set(self, cursor: Any, changes: Sequence[Change]) -> int:
        columns = [quoted(field.column) for field in self.fields]
        given: list[list[Any]] = [[pk for pk, _change in changes]]
        for part in self.parts:
            pairs = [change.get(part, (None, None)) for _pk, change in changes]
            given += [[old for old, _new in pairs], [new for _old, new in pairs]]
        sets, names, kinds = [], ["pk"], [f"%s::{self._kind}[]"]
        for at, column in enumerate(columns):
            sets.append(
                f"{column} = CASE WHEN t.{column} = v.old{at} THEN v.new{at}"
                f" ELSE t.{column} END"
            )
            names += [f"old{at}", f"new{at}"]
            kinds += ["%s::bytea[]"] * 2
        taken = ", ".join(f"t.{c} = v.new{at}" for at, c in enumerate(columns))
        cursor.execute(
            f"UPDATE {self._table} t SET {', '.join(sets)}"  # noqa: S608 - names of ours
            f" FROM unnest({', '.join(kinds)}) AS v({', '.join(names)})"
            f" WHERE t.{self._pk} = v.pk RETURNING {taken}",
            given,
        )
        return sum(bool(one) for row in cursor.fetchall() for one in row)

    def versions(self) -> dict[str, dict[int, int]]:
        return {
            field.attname: count_by(
                self._table,
                quoted(field.column),
                f"CASE WHEN length({{0}}) < 3 OR get_byte({{0}}, 0) <> {FORMAT} THEN {UNFIT}"
                " ELSE get_byte({0}, 1) * 256 + get_byte({0}, 2) END",
            )
            for field in self.fields
        }


def count_by(table: str, column: str, version: str) -> dict[int, int]:
    """Count the values of a column by what the expression makes of each: a full scan.

    What it makes NULL is not counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {version.format(column)} AS version, count(*) FROM {table}"  # noqa: S608 - names of ours
            f" WHERE {column} IS NOT NULL GROUP BY 1"
        )
        rows = cursor.fetchall()
        return {int(found): int(n) for found, n in rows if found is not None}


_registered: list[Store] = []


def register_store(store: Store) -> None:
    """Add a place of sealed values that is no sealed field; from `ready()`."""
    if store.name not in {each.name for each in _registered}:
        _registered.append(store)


def own_models() -> Iterator[Model]:
    """Yield every model that has a table of its own."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield model


def all_stores() -> list[Store]:
    """Return every store, in an order that does not change."""
    tables = [TableStore(model) for model in own_models() if sealed_fields(model)]
    return sorted([*tables, *_registered], key=lambda store: store.name)
