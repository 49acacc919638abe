"""Restore: beside what is there, looked at, and only then in its place."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from psycopg2 import sql

from servicedesk.backups import errors
from servicedesk.backups.databases import Database, drop
from servicedesk.backups.drill.words import Saved, sentence, severity
from servicedesk.backups.errors import BackupError
from servicedesk.backups.inspecting import Seen, inspect
from servicedesk.backups.judging import compare
from servicedesk.backups.loading import load_dump, load_files
from servicedesk.backups.restore.ending import Ending
from servicedesk.backups.restore.folders import (
    keep_beside,
    left_rooms,
    restored_media,
    room_beside,
    swap_folder,
)
from servicedesk.backups.restore.plan import Plan, RefusedError, StrandedError
from servicedesk.backups.restore.swap import swap
from servicedesk.backups.restore.words import broken_off, stranded
from servicedesk.core.restoring import Finding

BEFORE: Final = ("schema", "migrate", "values", "keys", "checks", "steps", "settle")
AFTER: Final = ("outside",)
# What a restore may find and go on: it says what is not there, not what is wrong.
_TOLD_ONLY: Final = frozenset({"keys_not_saved", "values_without_key"})
Tell = Callable[[str], object]


@dataclass
class Done:
    """What a restore did, for whoever asked for it."""

    aside: str = ""
    media_aside: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    steps: dict[str, Any] = field(default_factory=dict)


def restore(
    plan: Plan,
    *,
    send_away: bool = False,
    accept_findings: bool = False,
    tell: Tell = lambda _words: None,
) -> Done:
    """Put the backup back. What fails before the swap leaves everything as it was.

    Raises BackupError, or RefusedError if what came back is not what was there.
    """
    done = Done()
    with contextlib.ExitStack() as stack:
        ending = stack.enter_context(Ending())
        room = stack.enter_context(room_beside(plan.media))
        fresh = stack.enter_context(_fresh(plan))
        tell("The database is being put back, beside what is there.")
        load_dump(plan.source, fresh)
        tell("Every table is compared with the backup's manifest.")
        done.findings += compare(plan.source.manifest, fresh)
        tell("The files are being put back, beside what is there.")
        load_files(plan.source, room)
        _put_outside_back(plan, room)
        tell("Migrations, sealed values, audit log, attachments; erasures again.")
        seen = _inspect(plan, fresh, room, BEFORE)
        done.findings += seen.findings
        done.steps |= seen.numbers.get("steps", {})
        _refuse(done.findings, accept_findings=accept_findings)
        tell("The restored database takes its place.")
        with ending.held():
            _take_place(plan, room, done, send_away=send_away)
        if ending.late:
            tell("It was too late to end: both are in their place, and it goes on.")
    return done


def finish(plan: Plan, tell: Tell = lambda _words: None) -> dict[str, Any]:
    """Do what follows once the restored database is in its place; it bears repeating.

    Raises RefusedError for a database that is not the one: what follows would set aside
    the copy of the audit log's seals. StrandedError if the attachments are missing.
    """
    noted = plan.server.noted(plan.into.name)
    if noted == plan.half_mark:
        rooms = left_rooms(plan)
        if rooms:
            raise StrandedError(broken_off(plan, rooms))
    elif noted != plan.mark:
        raise RefusedError(
            f"{plan.into.name} was not restored from {plan.source.manifest.name} by this "
            "command, so there is nothing to finish. Nothing was changed."
        )
    tell("The audit log goes on from here; its copy outside begins anew.")
    with tempfile.TemporaryDirectory(prefix="servicedesk-restore-") as empty:
        seen = _inspect(plan, plan.into, Path(empty), AFTER)
    return dict(seen.numbers.get("steps", {}))


def _inspect(plan: Plan, into: Database, room: Path, acts: tuple[str, ...]) -> Seen:
    return inspect(
        manifest=plan.source.manifest,
        into=into,
        folder=room,
        acts=acts,
        drill=False,
        now=plan.now,
        seals=plan.seals,
    )


def _refuse(findings: list[Finding], *, accept_findings: bool) -> None:
    bad = [
        each
        for each in findings
        if severity(each.code) is not Saved.YES and each.code not in _TOLD_ONLY
    ]
    if bad and not accept_findings:
        said = "\n".join(f"- {sentence(each.code, each.data)}" for each in bad)
        raise RefusedError(
            f"What came back is not what was there:\n{said}\nNothing was changed. Take "
            "another backup; or take this one as it is: --accept-findings"
        )


@contextlib.contextmanager
def _fresh(plan: Plan) -> Iterator[Database]:
    """Give a new database beside; it is dropped unless it has taken its place."""
    role = str(plan.into.facts.get("user", ""))
    server = plan.server
    server.create(
        plan.fresh,
        like=plan.into.name if plan.there else "",
        owner=_owner(server, role),
    )
    try:
        _guard(plan)
        server.note(plan.fresh, plan.half_mark)
        yield plan.into.beside(plan.fresh)
    finally:
        # A server that is away now must not hide what happened before.
        with contextlib.suppress(BackupError):
            if server.exists(plan.fresh):
                drop(server, plan.fresh)


def _owner(server: Database, role: str) -> str:
    """Return the role that the new database shall belong to, where that is another."""
    return role if role and role != server.facts.get("user") else ""


def _guard(plan: Plan) -> None:
    """Let only the role that the desk runs as connect, where there is one."""
    role = settings.DATABASE_RUNNING_ROLE
    if not role:
        return
    with plan.server.session() as cursor:
        for words in (
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
        ):
            cursor.execute(
                sql.SQL(words).format(
                    database=sql.Identifier(plan.fresh), role=sql.Identifier(role)
                )
            )


def _take_place(plan: Plan, room: Path, done: Done, *, send_away: bool) -> None:
    """Swap the database, then the attachments; back again if these cannot be."""
    name = plan.into.name
    swap(plan.server, old=name, new=plan.fresh, aside=plan.aside, force=send_away)
    try:
        done.media_aside = swap_folder(
            plan.media, restored_media(plan, room), plan.stamp
        )
    except OSError as error:
        why = f"{plan.media}: {error.strerror}"
        _swap_back(plan, room, why, send_away=send_away)
        raise BackupError(errors.FILES, why) from error
    plan.server.note(name, plan.mark)
    if plan.there and plan.empty:
        drop(plan.server, plan.aside)
    elif plan.there:
        done.aside = plan.aside


def _swap_back(plan: Plan, room: Path, why: str, *, send_away: bool) -> None:
    """Take the restored database away again; StrandedError if that fails as well."""
    name = plan.into.name
    here, gone = (name, plan.aside) if plan.there else (plan.fresh, name)
    try:
        swap(plan.server, old=here, new=gone, aside=plan.fresh, force=send_away)
    except BackupError as error:
        kept = keep_beside(plan.media, restored_media(plan, room), plan.stamp)
        raise StrandedError(stranded(plan, why, error, kept)) from error


def _put_outside_back(plan: Plan, room: Path) -> None:
    """Give a new machine the copies of seals and erasures that the backup has.

    Where there are any they stay: they know more than the backup does.
    """
    outside = {"seals": plan.seals, "erasures": Path(settings.ERASURES_DIR)}
    for root, folder in outside.items():
        back = room / plan.source.manifest.roots.get(root, root)
        pattern = f"{root}-*.jsonl"
        if back.is_dir() and not any(folder.glob(pattern)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in sorted(back.glob(pattern)):
                shutil.copy2(path, folder / path.name)
