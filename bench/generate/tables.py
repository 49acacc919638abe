"""Make tables ready for a bulk load, and whole again: indexes and foreign keys after."""

from functools import partial
from typing import Any

from psycopg2 import sql

from bench.generate import search
from bench.generate.hands import together

Cursor = Any
TABLES = (
    "customers_customer",
    "customers_contactpoint",
    "tickets_ticket",
    "tickets_message",
    "tickets_serviceclock",
    "tickets_clockinterval",
    "tickets_ticketevent",
    "tickets_followup",
    "tickets_letter",
    "tickets_ticketlink",
)


def tables_there() -> tuple[str, ...]:
    """Return the tables that are filled; the last only where search is there."""
    return (*TABLES, search.TABLE) if search.there() else TABLES


_INDEXES = """
SELECT format('DROP INDEX %%I', i.relname), pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = %s::regclass
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid)
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
         pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'
"""
# Django gives columns no default in the database; a column that is newer than this
# generator gets the empty value of its type.
_WITHOUT_DEFAULT = """
SELECT attname, CASE typcategory WHEN 'N' THEN '0' WHEN 'B' THEN 'false' ELSE '' END
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped
  AND NOT atthasdef AND attidentity = '' AND typcategory IN ('N', 'B', 'S')
"""


class Stripped:
    """The tables without indexes, foreign keys and triggers, for a `with` block.

    If the load fails they stay so: the database is then dropped and made anew.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._indexes: list[str] = []
        self._keys: list[str] = []
        self._filled: list[tuple[str, str]] = []

    def __enter__(self) -> None:
        for table in tables_there():
            for query, after in (
                (_FOREIGN_KEYS, self._keys),
                (_INDEXES, self._indexes),
            ):
                for drop, add in self._rows(query, table):
                    self._cursor.execute(drop)
                    after.append(add)
            for column, empty in self._rows(_WITHOUT_DEFAULT, table):
                self._alter(table, column, sql.SQL("SET DEFAULT {}"), empty)
                self._filled.append((table, column))
        for table in tables_there():
            self._cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None:
            return
        for table in tables_there():
            self._cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table, column in self._filled:
            self._alter(table, column, sql.SQL("DROP DEFAULT"))
        # Indexes first: the foreign keys are then checked by way of them.
        for statements in (self._indexes, self._keys):
            together([partial(_execute, one) for one in statements])

    def _rows(self, query: str, table: str) -> list[Any]:
        self._cursor.execute(query, [table])
        return list(self._cursor.fetchall())

    def _alter(self, table: str, column: str, what: Any, value: str = "") -> None:
        head = sql.SQL("ALTER TABLE {} ALTER COLUMN {} ").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        self._cursor.execute(head + what.format(sql.Literal(value)))


def _execute(statement: str, cursor: Cursor) -> None:
    cursor.execute(statement)
