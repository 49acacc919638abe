"""`manage.py drill`: put a backup back into a scratch database and say what came of it."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.timezone import now

from servicedesk.backups.actions.drilling import (
    ask_for_drill,
    find_lost_drills,
    run_drill,
    take_drill,
)
from servicedesk.backups.actions.runs import stop
from servicedesk.backups.drill.shown import drill_row, report_rows
from servicedesk.backups.errors import BackupError
from servicedesk.backups.models import Backup, Drill, DrillState
from servicedesk.backups.scratch import sweep
from servicedesk.backups.tasks import nudge_drills
from servicedesk.core.database_time import database_time
from servicedesk.core.errors import RuleError


class Command(BaseCommand):
    help = (
        "Make a restore drill of a backup, by default the newest good one: into a "
        "scratch database, which is dropped again. Exit code 1 unless it is proven."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="of the backup")
        parser.add_argument(
            "--identity", default="", help="a file with the private key of a recipient"
        )
        parser.add_argument(
            "--later", action="store_true", help="leave it to the worker for drills"
        )
        parser.add_argument(
            "--stop", action="store_true", help="only stop the one that waits or runs"
        )
        parser.add_argument(
            "--sweep", action="store_true", help="only drop what dead drills left"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        with translation.override("en"):
            if options["sweep"]:
                self._sweep()
                return
            if options["stop"]:
                self._stop()
                return
            drill = self._ask(options["name"])
            if options["later"]:
                nudge_drills()
                self.stdout.write(f"Drill {drill.pk} will be made by a worker.")
                return
            self._make(drill, options["identity"])

    def _ask(self, name: str) -> Drill:
        backup = None
        if name:
            backup = Backup.objects.filter(name=name).defer("manifest").first()
            if backup is None:
                raise CommandError(f"No backup is called {name}: manage.py backups")
        try:
            find_lost_drills(now=now())
            return ask_for_drill(by=None, now=now(), backup=backup)
        except RuleError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _make(self, drill: Drill, identity: str) -> None:
        clock, holder = database_time(), uuid.uuid4()
        taken = take_drill(holder=holder, now=clock())
        if taken is None or taken.pk != drill.pk:
            raise CommandError("A worker took it. Look at the page about drills.")
        run_drill(drill=taken, holder=holder, clock=clock, identity=identity)
        done = Drill.objects.select_related("backup", "asked_by").get(pk=drill.pk)
        self._tell(done)
        if done.state != DrillState.PROVEN:
            raise CommandError("Not proven.")

    def _tell(self, drill: Drill) -> None:
        row, rest = drill_row(drill), report_rows(drill)
        self.stdout.write(f"Drill {drill.pk} of {drill.backup}")
        for name, seconds in rest["steps"]:
            self.stdout.write(f"  {seconds:>8} s  {name}")
        if row["recovery"]:
            self.stdout.write(f"Measured recovery time: {row['recovery']}")
        for finding in rest["findings"]:
            mark = "i" if finding["notice"] else "!"
            self.stdout.write(f"{mark} {finding['text']}")
        self.stdout.write(
            f"Would it have saved the company? {row['saved']}. {row['why']}"
        )
        if row["next"]:
            self.stdout.write(f"{row['next']['words']}\n  {row['next']['command']}")

    def _stop(self) -> None:
        drill = Drill.objects.unfinished().first()
        if drill is None:
            raise CommandError("No drill waits or runs.")
        try:
            after = stop(run=drill, by=None, now=now())
        except RuleError as refusal:  # it ended just now
            raise CommandError(str(refusal)) from refusal
        said = "will stop in a moment" if after.unfinished else "is stopped"
        self.stdout.write(f"Drill {drill.pk} {said}.")

    def _sweep(self) -> None:
        try:
            dropped = sweep()
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join([*dropped, f"{len(dropped)} dropped."]))
