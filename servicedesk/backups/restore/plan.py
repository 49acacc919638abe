"""What a restore would do, before it does anything: from what, into what, what is lost."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg2
from psycopg2 import sql

from servicedesk.backups import errors
from servicedesk.backups.databases import Database
from servicedesk.backups.errors import BackupError
from servicedesk.backups.judging import missing_keys
from servicedesk.backups.loading import Source
from servicedesk.backups.restore.swap import others_at
from servicedesk.core.restoring import Finding

# Databases that every server has, from which others can be renamed.
_ALWAYS: Final = ("postgres", "template1")
# Counters of what comes and goes by itself say nothing about what is lost.
_FLEETING: Final = (
    "django_session",
    "core_liveevent",
    "usersessions_usersession",
    "backups_",
    "core_keycount",
)
_COUNTED: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname = 'public' ORDER BY 2
"""


class RefusedError(Exception):
    """The restore is refused; the sentence says why, and what would allow it."""


class StrandedError(Exception):
    """It stopped between two states; the words say how things stand, and both ways out."""


@dataclass(frozen=True)
class Lost:
    """A table that has other rows now than in the backup."""

    table: str
    now: int
    then: int


@dataclass
class Plan:
    """One restore: `into` is the database that people work with, or will."""

    source: Source
    into: Database
    server: Database
    media: Path
    seals: Path
    now: dt.datetime
    there: bool = False
    empty: bool = True
    others: int = 0
    lost: list[Lost] = field(default_factory=list)
    keys: list[Finding] = field(default_factory=list)

    @property
    def stamp(self) -> str:
        """What the names of this restore end with."""
        return f"{self.now:%Y%m%dt%H%M%S}"

    @property
    def mark(self) -> str:
        """The note on the database that came of this backup."""
        return f"servicedesk: restored from {self.source.manifest.name}"

    @property
    def half_mark(self) -> str:
        """The same until the attachments are in their place as well."""
        return f"{self.mark}, without its attachments"

    @property
    def fresh(self) -> str:
        """The name of the database until it takes its place."""
        return f"{self.into.name[:40]}_new_{self.stamp}"

    @property
    def aside(self) -> str:
        """The name that the database of before gets."""
        return f"{self.into.name[:40]}_before_{self.stamp}"


def make_plan(
    *,
    source: Source,
    into: Database,
    admin: Database | None,
    media: Path,
    seals: Path,
    now: dt.datetime,
) -> Plan:
    """Look at both ends. Raises BackupError if the server does not answer."""
    server = _other_database(admin or into, into.name)
    # Behind a link: it is the folder that is exchanged, on its own disk.
    plan = Plan(source, into, server, media.resolve(), seals, now)
    plan.keys = missing_keys(source.manifest.keys)
    plan.there = server.exists(into.name)
    if plan.there:
        target = server.beside(into.name)
        plan.empty = target.is_empty()
        plan.others = others_at(server, into.name)
        plan.lost = [] if plan.empty else lost_since(source, target)
    return plan


def check(plan: Plan, *, overwrite: str, send_away: bool, without_keys: bool) -> None:
    """Refuse what nobody has said they want. Raises RefusedError."""
    name = plan.into.name
    if not plan.server.may_create():
        raise RefusedError(
            f"The role {plan.server.facts.get('user', '')} may not make databases, and "
            "the backup goes into a new one first. Name somebody who may: --admin "
            "postgres://…"
        )
    if plan.there and not plan.empty and overwrite != name:
        raise RefusedError(
            f"The database {name} has tables. It would be kept under another name, but "
            f"people would no longer work with it. If that is meant: --overwrite {name}"
        )
    if plan.others and not send_away:
        raise RefusedError(
            f"{plan.others} connections to {name} are open. Stop web, workers and beat "
            "first; or let them be cut off: --send-away"
        )
    if plan.keys and not without_keys:
        named = ", ".join(f"{e.data['kind']}-{e.data['version']}" for e in plan.keys)
        raise RefusedError(
            f"Keys that the backup needs are missing here, or are others: {named}. Bring "
            "them back first: manage.py keys recover (docs/recipes/lost-keys.md). To "
            "restore all the same, with values that cannot be read: --without-keys"
        )
    if plan.media.exists() and not plan.media.is_dir():
        raise RefusedError(f"{plan.media} is no folder.")


def lost_since(source: Source, target: Database) -> list[Lost]:
    """Compare the rows of each table now with those in the backup."""
    then = {name: each["rows"] for name, each in source.manifest.tables.items()}
    with target.session() as cursor:
        try:
            counted = _count(cursor)
        except psycopg2.Error as error:
            raise BackupError(errors.DATABASE, error.pgcode or "") from error
    return [
        Lost(name.removeprefix("public."), counted.get(name, 0), then.get(name, 0))
        for name in sorted(counted.keys() | then.keys())
        if counted.get(name, 0) != then.get(name, 0)
        and not name.removeprefix("public.").startswith(_FLEETING)
    ]


def _count(cursor: Any) -> dict[str, int]:
    cursor.execute(_COUNTED)
    found = {}
    for schema, table in cursor.fetchall():
        query = sql.SQL("SELECT count(*) FROM ONLY {}")
        cursor.execute(query.format(sql.Identifier(schema, table)))
        found[f"{schema}.{table}"] = cursor.fetchone()[0]
    return found


def _other_database(admin: Database, name: str) -> Database:
    """Return a database to stand in while another one is renamed."""
    names: Sequence[str] = [n for n in (admin.name, *_ALWAYS) if n != name]
    for each in names:
        candidate = admin.beside(each)
        try:
            with candidate.session():
                return candidate
        except BackupError:
            continue
    raise BackupError(errors.DATABASE, f"no way to {' or '.join(names)}")
