"""Scratch databases: made for one drill, and dropped whatever becomes of it.

One is known by its name, and by a lock while somebody uses it.
"""

import contextlib
import datetime as dt
import re
import secrets
from collections.abc import Iterator
from typing import Final

from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.databases import Database, at, drop, live
from servicedesk.backups.errors import BackupError

_SCRATCH: Final = re.compile(r"servicedesk_drill_[0-9]{8}t[0-9]{6}_[0-9a-f]{8}")


def scratch_server() -> Database:
    """Return where scratch databases are made: DRILL_DATABASE_URL, else the live server."""
    if not settings.DRILL_DATABASE_URL:
        return live()
    try:
        return at(settings.DRILL_DATABASE_URL)
    except ValueError as error:
        raise BackupError(errors.SETTINGS, "DRILL_DATABASE_URL") from error


def refuse_live(candidate: Database) -> None:
    """Raise BackupError(LIVE) if this is the database that people work with.

    By its cluster and name, whatever address led there; and any database that does
    not bear the name of a scratch one.
    """
    name = candidate.identity()
    if not _SCRATCH.fullmatch(name[1]):
        raise BackupError(errors.LIVE, name[1])
    try:
        own = live().identity()
    except BackupError:
        return  # a drill may run where the live database is gone
    if own == name:
        raise BackupError(errors.LIVE, name[1])


@contextlib.contextmanager
def scratch(*, now: dt.datetime) -> Iterator[Database]:
    """Give a new empty database, and drop it at the end, whatever happens.

    While it is in use its maker holds a lock. If the maker dies the lock goes with it,
    and the next `sweep` drops the database.
    """
    server = scratch_server()
    name = f"servicedesk_drill_{now:%Y%m%dt%H%M%S}_{secrets.token_hex(4)}"
    with server.session() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        try:
            # On the desk's own server with the desk's own letters.
            like = "" if settings.DRILL_DATABASE_URL else server.name
            made = server.create(name, like=like)
            refuse_live(made)
            yield made
        finally:
            drop_scratch(server, name)


def drop_scratch(server: Database, name: str) -> None:
    """Drop one scratch database; ValueError for any other name."""
    if not _SCRATCH.fullmatch(name):
        raise ValueError(f"Not a scratch database: {name!r}")
    drop(server, name)


def sweep() -> list[str]:
    """Drop the scratch databases whose maker is gone; return their names."""
    server, dropped = scratch_server(), []
    with server.session() as cursor:
        cursor.execute("SELECT datname FROM pg_database ORDER BY 1")
        found = [name for (name,) in cursor.fetchall() if _SCRATCH.fullmatch(name)]
        for name in found:
            lock = "hashtextextended(%s, 0)"
            cursor.execute(f"SELECT pg_try_advisory_lock({lock})", [name])
            if cursor.fetchone()[0]:
                drop_scratch(server, name)
                dropped.append(name)
                cursor.execute(f"SELECT pg_advisory_unlock({lock})", [name])
    return dropped
