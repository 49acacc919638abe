"""One moment of the database that several readers share, and what each table held then."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import psycopg2
from psycopg2 import sql

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.programs import LOCK_WAIT, connection_facts

# What a row looks like as text must not follow from the settings of a role or session.
SESSION: Final = """
SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmlbinary = 'base64';
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET client_connection_check_interval = '5s'; SET search_path = public, pg_catalog;
"""
_TABLES: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.relpages DESC, n.nspname, c.relname
"""
_SEQUENCES: Final = """
SELECT schemaname || '.' || sequencename, coalesce(last_value, 0) FROM pg_sequences
WHERE schemaname !~ '^pg_' ORDER BY 1
"""
_HEADS: Final = """
SELECT DISTINCT ON (app) app, name FROM django_migrations ORDER BY app, id DESC
"""
_COUNT: Final = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM ONLY {} t"
Tables = dict[str, dict[str, Any]]


class Snapshot:
    """A transaction that only reads, sees one moment, and lends it to others by `id`.

    A context; raises BackupError(DATABASE). It belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self.id, self.server = "", 0
        self._connection: Any = None

    def __enter__(self) -> Self:
        try:
            facts = connection_facts()
            self._connection = psycopg2.connect(
                **facts, application_name="servicedesk backup"
            )
            self._connection.set_session(isolation_level="REPEATABLE READ")
            self.server = self._connection.server_version
            with self._connection.cursor() as cursor:
                cursor.execute(SESSION)
                cursor.execute(_TABLES)
                names = [sql.Identifier(*row) for row in cursor.fetchall()]
                self._connection.commit()
                cursor.execute("SET TRANSACTION READ ONLY")
                _hold(cursor, names)
                cursor.execute("SELECT pg_export_snapshot()")
                self.id = cursor.fetchone()[0]
        except psycopg2.Error as error:
            self.close()
            raise database_error(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the transaction; nobody can take up the moment any more."""
        if self._connection is not None:
            self._connection.close()

    def cancel(self) -> None:
        """Let a query that runs in another thread end at once."""
        if self._connection is not None and not self._connection.closed:
            self._connection.cancel()

    @property
    def major(self) -> int:
        return int(self.server) // 10_000

    @property
    def version(self) -> str:
        """The server's version as people write it."""
        return f"{self.major}.{self.server % 10_000}"

    def cursor(self) -> Any:
        """Return a cursor that reads this moment."""
        return self._connection.cursor()

    def tables(self, seen: Callable[[int], object] = lambda _rows: None) -> Tables:
        """Return rows and hash of every table (of partitions each), the largest first.

        The hash is a sum over the rows, so that their order is no matter. `seen` is
        told of each table's rows.
        """
        try:
            with self.cursor() as cursor:
                return count_tables(cursor, seen)
        except psycopg2.Error as error:
            raise database_error(error) from error

    def sequences(self) -> dict[str, int]:
        """Return the last value of each sequence, which no moment holds still.

        Asked before a dump begins they are at most what the dump has.
        """
        return dict(self._all(_SEQUENCES))

    def heads(self) -> dict[str, str]:
        """Return the migration that each app has come to."""
        return dict(self._all(_HEADS))

    def bytes(self) -> int:
        """Return how large the database is, roughly what a dump has to read."""
        return int(self._all("SELECT pg_database_size(current_database())")[0][0])

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        try:
            with self.cursor() as cursor:
                cursor.execute(query)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found
        except psycopg2.Error as error:
            raise database_error(error) from error


def _hold(cursor: Any, names: list[sql.Identifier]) -> None:
    """Let nobody change a table before all have read it, as pg_dump does for itself.

    Before the moment is taken: an older one sees a table that was rewritten as empty,
    and would count what pg_dump did not read.
    """
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
    if names:
        words = sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE")
        cursor.execute(words.format(sql.SQL(", ONLY ").join(names)))


def count_tables(
    cursor: Any, seen: Callable[[int], object] = lambda _rows: None
) -> Tables:
    """Return rows and hash of every table that the cursor sees; psycopg2.Error.

    Its session must have been given `SESSION`, or the hashes are not comparable.
    """
    cursor.execute(_TABLES)
    found: Tables = {}
    for schema, table in cursor.fetchall():
        query = sql.SQL(_COUNT).format(sql.Identifier(schema, table))
        cursor.execute(query)
        rows, digest = cursor.fetchone()
        found[f"{schema}.{table}"] = {"rows": rows, "hash": digest}
        seen(rows)
    return dict(sorted(found.items()))


def database_error(error: psycopg2.Error) -> BackupError:
    """Turn an error of the driver into ours; its words may quote a row, its code not."""
    held = isinstance(error, psycopg2.errors.LockNotAvailable)
    code = errors.HELD if held else errors.DATABASE
    return BackupError(code, error.pgcode or type(error).__name__)
