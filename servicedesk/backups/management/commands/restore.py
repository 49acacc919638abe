"""`manage.py restore`: put a backup back for real; docs/operations.md is the runbook."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.timezone import localtime, now

from servicedesk.backups import databases
from servicedesk.backups.drill.words import data_of, sentence
from servicedesk.backups.errors import BackupError
from servicedesk.backups.judging import read_whole
from servicedesk.backups.loading import Source, check_part, identities_from
from servicedesk.backups.manifest import DATABASE, FILES
from servicedesk.backups.models import Backup, Destination
from servicedesk.backups.restore.plan import (
    Lost,
    Plan,
    RefusedError,
    StrandedError,
    check,
    make_plan,
)
from servicedesk.backups.restore.run import Done, finish, restore
from servicedesk.backups.storages import Storage, storage_for
from servicedesk.backups.storages.local import LocalFolder

MOST = 30
ADDRESS = "postgres://…, or @FILE that holds it, where no list of processes shows it"


class Command(BaseCommand):
    help = (
        "Put a backup back in place of the database and the attachments. Says first what "
        "is lost, asks twice, and keeps what was there under another name."
    )
    # There may be no database to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("name", help="of the backup: manage.py backups, or the folder's name")
        add("--from", dest="place", default="", help="a folder that backups lie in")
        add("--destination", choices=Destination.values, default="")
        add("--identity", default="", help="a file with a recipient's private key")
        add("--into", default="", help=f"{ADDRESS}, as the owner of the tables")
        add("--admin", default="", help=f"{ADDRESS}, who may create databases")
        add("--media", default="", help="the folder of attachments")
        add("--seals", default="", help="the folder of the copies of the log's seals")
        add("--overwrite", default="", metavar="DATABASE", help="that is in use")
        add("--send-away", action="store_true", help="cut off whoever is connected")
        add("--without-keys", action="store_true", help="though keys are missing")
        add("--accept-findings", action="store_true", help="though it is not whole")
        add("--dry-run", action="store_true", help="only say what would be done")
        add("--yes-database", default="", help="the first answer, for scripts")
        add("--yes-backup", default="", help="the second answer, for scripts")
        add("--finish", action="store_true", help="only what follows the swap, again")

    def handle(self, *, name: str, **options: Any) -> None:
        with translation.override("en"):
            try:
                self._restore(name, options)
            except (RefusedError, StrandedError) as refusal:
                raise CommandError(str(refusal)) from refusal
            except BackupError as error:
                said = sentence(error.code, data_of(error))
                raise CommandError(said) from error
            except ValueError as error:
                raise CommandError(str(error)) from error

    def _restore(self, name: str, options: dict[str, Any]) -> None:
        plan = self._plan(name, options)
        if options["finish"]:
            self._finish(plan)
            self._tell_next()
            return
        for part in (DATABASE, FILES):
            check_part(plan.source, part)
        self._tell_plan(plan)
        if options["dry_run"]:
            self._tell_refusal(plan, options)
            self.stdout.write("Nothing was changed.")
            return
        _check(plan, options)
        self._ask_twice(plan, options)
        # This process is one of those that are connected.
        connections.close_all()
        done = restore(
            plan,
            send_away=options["send_away"],
            accept_findings=options["accept_findings"],
            tell=self._say,
        )
        self._tell_done(plan, done)
        self._finish(plan)
        self._tell_next()

    def _plan(self, name: str, options: dict[str, Any]) -> Plan:
        storage, digest = self._storage(name, options)
        manifest = read_whole(storage, name, digest=digest)
        source = Source(storage, manifest, identities_from(options["identity"]))
        into = _database(options["into"]) if options["into"] else databases.live()
        _refuse_folders_of_the_desk(into, options)
        return make_plan(
            source=source,
            into=into,
            admin=_database(options["admin"]) if options["admin"] else None,
            media=Path(options["media"] or settings.MEDIA_ROOT),
            seals=Path(options["seals"] or settings.AUDIT_SEALS_DIR),
            now=now(),
        )

    def _storage(self, name: str, options: dict[str, Any]) -> tuple[Storage, str]:
        """Return where the backup lies, and its digest if a database still knows it."""
        if options["place"]:
            return LocalFolder(Path(options["place"])), ""
        try:
            row = Backup.objects.filter(name=name).defer("manifest").first()
        except DatabaseError:
            row = None
        finally:
            connections.close_all()
        kind = options["destination"] or (row.destination if row else "folder")
        return storage_for(kind), row.digest if row else ""

    # --- what is said ---

    def _say(self, words: str) -> None:
        self.stdout.write(f"{localtime(now()):%H:%M:%S}  {words}")

    def _tell_plan(self, plan: Plan) -> None:
        manifest = plan.source.manifest
        rows = sum(each["rows"] for each in manifest.tables.values())
        lines = [
            f"Backup    {manifest.name}, {filesizeformat(manifest.size)}, whole",
            (
                f"Made      {localtime(manifest.made_at):%Y-%m-%d %H:%M:%S}, by version "
                f"{manifest.app} on PostgreSQL {manifest.postgres}"
            ),
            (
                f"Holds     {len(manifest.tables)} tables with {rows} rows, "
                f"{manifest.files.count} files"
            ),
            f"Into      {plan.into.place}, {self._state(plan)}",
            f"Files to  {plan.media}",
        ]
        lines += [
            f"! {sentence(each.code, {'detail': '', **each.data})}"
            for each in plan.keys
        ]
        self.stdout.write("\n".join([*lines, *_differences(plan.lost)]))

    def _state(self, plan: Plan) -> str:
        if not plan.there:
            return "which is not there yet"
        if plan.empty:
            return "which is empty"
        return f"which is in use ({plan.others} connections)"

    def _tell_refusal(self, plan: Plan, options: dict[str, Any]) -> None:
        try:
            _check(plan, options)
        except RefusedError as refusal:
            self.stdout.write(f"As things are, it would be refused. {refusal}")

    def _ask_twice(self, plan: Plan, options: dict[str, Any]) -> None:
        database, backup = plan.into.name, plan.source.manifest.name
        given = options["yes_database"], options["yes_backup"]
        if any(given):
            if given != (database, backup):
                raise CommandError(
                    f"--yes-database and --yes-backup must be {database} and {backup}. "
                    "Nothing was changed."
                )
            return
        for what, wanted in (("database", database), ("backup", backup)):
            if input(f"Type the name of the {what} to go on: ").strip() != wanted:
                raise CommandError(f"That is not {wanted}. Nothing was changed.")

    def _tell_done(self, plan: Plan, done: Done) -> None:
        for each in done.findings:
            self.stdout.write(f"! {sentence(each.code, each.data)}")
        self._say(
            f"{plan.into.name} is the database of {plan.source.manifest.name} now."
        )
        self._tell_steps(done.steps)
        if done.aside:
            self.stdout.write(
                f"The database of before is {done.aside}. To go back, rename the two; "
                "when nobody needs it any more, drop it: it holds customers' data."
            )
        if done.media_aside:
            self.stdout.write(f"The attachments of before are in {done.media_aside}.")

    def _finish(self, plan: Plan) -> None:
        try:
            self._tell_steps(finish(plan, self._say))
        except BackupError as error:
            raise CommandError(
                "The database is in its place, but what has to follow was not done "
                f"({error.detail or error.code}). Let nobody work yet. When that is "
                "mended: the same command with --finish"
            ) from error

    def _tell_steps(self, steps: dict[str, Any]) -> None:
        for name, numbers in steps.items():
            shown = ", ".join(f"{key} {value}" for key, value in numbers.items())
            self.stdout.write(f"          {name}: {shown}")

    def _tell_next(self) -> None:
        lines = ["What to do now:"]
        lines += [
            "- manage.py verify_audit, then start beat, workers and web.",
            (
                "- Letters that were waiting are held as “possibly sent”: look at each, and "
                "send it again from its ticket where the customer did not get it."
            ),
            (
                "- Passwords, second factors, roles and grants are as they were when the "
                "backup was made: take them again from whoever lost them since."
            ),
            "- Have a backup made: manage.py backup --wait",
        ]
        self.stdout.write(self.style.SUCCESS("\n".join(lines)))


def _refuse_folders_of_the_desk(
    into: databases.Database, options: dict[str, Any]
) -> None:
    """Let a restore into another database not exchange what the desk is working with."""
    missing = [f"--{name}" for name in ("media", "seals") if not options[name]]
    if missing and not into.is_at(databases.live()):
        raise RefusedError(
            f"{into.place} is not the desk's own database ({databases.live().place}), but "
            "its attachments and its copy of the seals would take the place of the "
            f"desk's own. Name folders for them: {' and '.join(missing)}"
        )


def _check(plan: Plan, options: dict[str, Any]) -> None:
    check(
        plan,
        overwrite=options["overwrite"],
        send_away=options["send_away"],
        without_keys=options["without_keys"],
    )


def _database(given: str) -> databases.Database:
    """Return the database of an address, or of one in a file; ValueError if it is none."""
    if given.startswith("@"):
        try:
            given = Path(given[1:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"{given[1:]}: {error.strerror}.") from error
    return databases.at(given)


def _differences(found: list[Lost]) -> list[str]:
    """Say what is there now and not in the backup, most first; and what comes back."""
    lost = sorted((e for e in found if e.now > e.then), key=lambda e: e.then - e.now)
    back = [each for each in found if each.now < each.then]
    said = []
    if lost:
        said.append("What would be lost, by rows of each table:")
        said += [
            f"  {each.table}: {each.now} now, {each.then} in the backup"
            for each in lost[:MOST]
        ]
    if len(lost) > MOST:
        said.append(f"  and {len(lost) - MOST} more tables")
    if back:
        said.append(f"{len(back)} tables have fewer rows now than in the backup.")
    if found:
        said.append(
            "Changes of rows that are in both are lost too: letters, passwords, people "
            "who came or left, all is as it was then."
        )
    return said
