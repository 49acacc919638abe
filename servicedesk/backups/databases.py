"""Databases beside the live one: named, reached, made, dropped.

Nothing here ever drops, fills or renames a database that it has not been told to by its
full name.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import psycopg2
from psycopg2 import errorcodes, sql
from psycopg2.extensions import make_dsn, parse_dsn

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.programs import connection_facts
from servicedesk.backups.snapshot import SESSION

_FULL: Final = {errorcodes.DISK_FULL}
_LIKE: Final = """
SELECT pg_encoding_to_char(encoding), datlocprovider::text, datcollate, datctype,
  to_jsonb(d)->>'datlocale'
FROM pg_database d WHERE datname = %s
"""
_PROVIDERS: Final = {"c": "libc", "i": "icu", "b": "builtin"}
_EMPTY: Final = """
SELECT count(*) = 0 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
WAIT_SECONDS: Final = 10.0
"""So long whoever is connected may take to leave."""


@dataclass(frozen=True)
class Database:
    """A database that can be reached: `facts` are libpq's, the password included."""

    facts: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts["dbname"])

    def beside(self, name: str) -> "Database":
        """Return another database of the same server, for the same role."""
        return Database(self.facts | {"dbname": name})

    @property
    def words(self) -> str:
        """How a program reaches it, without the password."""
        shown = {k: v for k, v in self.facts.items() if "password" not in k}
        return str(make_dsn(**shown))

    @property
    def place(self) -> str:
        """Where it is, for people."""
        host, port = self.facts.get("host", "localhost"), self.facts.get("port", 5432)
        return f"{self.name} ({host}:{port})"

    def is_at(self, other: "Database") -> bool:
        """Tell whether both addresses name the same server and database."""
        return self.whereabouts == other.whereabouts

    @property
    def whereabouts(self) -> tuple[str, str, str]:
        """Server, port and name, as the address says them."""
        host = str(self.facts.get("host") or "localhost").lower()
        return host, str(self.facts.get("port") or 5432), self.name

    @property
    def url(self) -> str:
        """Its address, as settings take it."""
        given = dict(self.facts)
        names = ("user", "password", "host", "port", "dbname")
        parts = {name: quote(str(given.pop(name, "") or ""), safe="") for name in names}
        port = f":{parts['port']}" if parts["port"] else ""
        more = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in given.items())
        login = f"{parts['user']}:{parts['password']}@{parts['host']}{port}"
        return f"postgres://{login}/{parts['dbname']}" + (f"?{more}" if more else "")

    @contextlib.contextmanager
    def session(self) -> Iterator[Any]:
        """Give a cursor that commits each statement; raises BackupError(DATABASE)."""
        with _told():
            connection = psycopg2.connect(
                **self.facts, application_name="servicedesk restore"
            )
        try:
            connection.autocommit = True
            with _told(), connection.cursor() as cursor:
                cursor.execute(SESSION)
                yield cursor
        finally:
            connection.close()

    def identity(self) -> tuple[str, str]:
        """Return what tells this database from all others: cluster and name."""
        with self.session() as cursor:
            cursor.execute(
                "SELECT system_identifier::text, current_database()"
                " FROM pg_control_system()"
            )
            cluster, name = cursor.fetchone()
            return str(cluster), str(name)

    def exists(self, name: str) -> bool:
        """Tell whether the server has a database of this name."""
        with self.session() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    def is_empty(self) -> bool:
        """Tell whether there is nothing in it yet."""
        with self.session() as cursor:
            cursor.execute(_EMPTY)
            return bool(cursor.fetchone()[0])

    def may_create(self) -> bool:
        """Tell whether this role may make databases."""
        with self.session() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            )
            return bool(cursor.fetchone()[0])

    def note(self, name: str, words: str) -> None:
        """Write a note on a database of this server: it stays when that is renamed."""
        said = sql.SQL("COMMENT ON DATABASE {} IS {}")
        with self.session() as cursor:
            cursor.execute(said.format(sql.Identifier(name), sql.Literal(words)))

    def noted(self, name: str) -> str:
        """Return the note on a database of this server."""
        with self.session() as cursor:
            cursor.execute(
                "SELECT coalesce(shobj_description(oid, 'pg_database'), '')"
                " FROM pg_database WHERE datname = %s",
                [name],
            )
            found = cursor.fetchone()
            return str(found[0]) if found else ""

    def major(self) -> int:
        """Return the major version of the server."""
        with self.session() as cursor:
            return int(cursor.connection.server_version) // 10_000

    def create(self, name: str, *, like: str = "", owner: str = "") -> "Database":
        """Make a new database, with the letters of another; one that is there is refused."""
        with self.session() as cursor:
            words = _letters(cursor, like) if like else sql.SQL("")
            if owner:
                words += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
            cursor.execute(
                sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), words)
            )
        return self.beside(name)


def live() -> Database:
    """Return the database of the settings."""
    return Database(connection_facts())


def at(address: str) -> Database:
    """Return the database of a `postgres://` address; ValueError if it is none."""
    try:
        return Database(dict(parse_dsn(address)))
    except psycopg2.ProgrammingError as error:
        raise ValueError("This is no address of a database (postgres://…).") from error


def drop(server: Database, name: str) -> None:
    """Drop a database, and cut off those of this role who are in it.

    Not WITH (FORCE): that is refused to a role that is no superuser while autovacuum is
    in there, which a plain DROP sends away by itself.
    """
    words = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    deadline = time.monotonic() + WAIT_SECONDS
    with server.session() as cursor:
        while True:
            try:
                cursor.execute(words)
            except psycopg2.errors.ObjectInUse:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [name],
            )
            time.sleep(0.1)


def _letters(cursor: Any, like: str) -> sql.Composable:
    """Return the words that make a database sort and know letters like another."""
    cursor.execute(_LIKE, [like])
    found = cursor.fetchone()
    if found is None:
        return sql.SQL("")
    encoding, provider, collate, ctype, locale = found
    words = [
        sql.SQL(" TEMPLATE template0 ENCODING {}").format(sql.Literal(encoding)),
        sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(
            sql.Literal(collate), sql.Literal(ctype)
        ),
        sql.SQL(" LOCALE_PROVIDER {}").format(
            sql.Identifier(_PROVIDERS.get(provider, "libc"))
        ),
    ]
    named = {"b": "BUILTIN_LOCALE", "i": "ICU_LOCALE"}.get(provider)
    if named and locale:
        words.append(sql.SQL(f" {named} {{}}").format(sql.Literal(locale)))
    return sql.SQL("").join(words)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn errors of the driver into ours; their words may quote rows, codes do not."""
    try:
        yield
    except psycopg2.Error as error:
        code = errors.SCRATCH_FULL if error.pgcode in _FULL else errors.DATABASE
        raise BackupError(code, error.pgcode or type(error).__name__) from error
