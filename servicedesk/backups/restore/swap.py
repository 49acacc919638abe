"""Let one database take the name of another, which keeps its own under a new one."""

import contextlib
import time

from psycopg2 import sql

from servicedesk.backups import databases, errors
from servicedesk.backups.databases import Database
from servicedesk.backups.errors import BackupError


def others_at(server: Database, name: str) -> int:
    """Return how many connections others have to a database."""
    with server.session() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            [name],
        )
        return int(cursor.fetchone()[0])


def swap(server: Database, *, old: str, new: str, aside: str, force: bool) -> None:
    """Let `new` be called `old`, and what was called so `aside`; both or neither.

    `server` is any other database of the same server. Without `force` it is refused
    while others are connected (BackupError(BUSY)); with it they are cut off, and nobody
    comes in meanwhile.
    """
    if force:
        _allow(server, old, "false")
    try:
        _wait_until_alone(server, old, new, force=force)
        there = _rename(server, old, new, aside)
    except BaseException:
        if force:
            # Whatever it was: the database that people work with is not left shut.
            with contextlib.suppress(BackupError):
                _allow(server, old, "true")
        raise
    if there and force:
        _allow(server, aside, "true")


def _wait_until_alone(server: Database, old: str, new: str, *, force: bool) -> None:
    deadline = time.monotonic() + databases.WAIT_SECONDS
    while others_at(server, old) or others_at(server, new):
        if force:
            _send_away(server, old)
        if time.monotonic() > deadline:
            raise BackupError(errors.BUSY, old)
        time.sleep(0.1)


def _rename(server: Database, old: str, new: str, aside: str) -> bool:
    """Do both in one transaction; tell whether `old` was there."""
    words = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    there = server.exists(old)
    with server.session() as cursor:
        cursor.execute("BEGIN")
        if there:
            cursor.execute(words.format(sql.Identifier(old), sql.Identifier(aside)))
        cursor.execute(words.format(sql.Identifier(new), sql.Identifier(old)))
        cursor.execute("COMMIT")
    return there


def _allow(server: Database, name: str, answer: str) -> None:
    """Let people into a database, or nobody; one that is not there is no matter."""
    if not server.exists(name):
        return
    words = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    with server.session() as cursor:
        cursor.execute(words.format(sql.Identifier(name), sql.SQL(answer)))


def _send_away(server: Database, name: str) -> None:
    with server.session() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [name],
        )
