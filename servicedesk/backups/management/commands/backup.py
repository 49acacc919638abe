"""`manage.py backup`: have a backup made now; with --wait make it here."""

import time
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.timezone import now

from servicedesk.backups.actions.asking import ask_for_backup
from servicedesk.backups.actions.keeping import prune
from servicedesk.backups.actions.making import run_backup, take_backup
from servicedesk.backups.actions.sweeping import find_lost
from servicedesk.backups.models import Backup, BackupState, Destination
from servicedesk.backups.tasks import nudge
from servicedesk.backups.words import error_of, progress_of, step_of
from servicedesk.core.database_time import database_time
from servicedesk.core.errors import RuleError

WAIT = 1.0  # seconds between two looks at a backup that a worker is at


class Command(BaseCommand):
    help = "Have a backup made: by a worker, or with --wait by this process if none is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait", action="store_true", help="wait until it is over; do it here"
        )
        parser.add_argument(
            "--destination", choices=Destination.values, default="", help="where to"
        )
        parser.add_argument(
            "--note", default="", help="why, for whoever reads the list"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask for it; say how it ended, or that it will be made."""
        with translation.override("en"):
            try:
                asked = ask_for_backup(
                    by=None,
                    now=now(),
                    destination=options["destination"],
                    note=options["note"],
                )
            except RuleError as refusal:
                raise CommandError(str(refusal)) from refusal
            if not options["wait"]:
                nudge()
                self.stdout.write(f"Backup {asked.pk} will be made by a worker.")
                return
            self._make(asked.pk)
            self._tell(Backup.objects.defer("manifest").get(pk=asked.pk))

    def _make(self, pk: int) -> None:
        """Make it here, unless a worker was quicker: then look on."""
        clock, holder = database_time(), uuid.uuid4()
        taken = take_backup(holder=holder, now=clock())
        if taken is not None:
            run_backup(backup=taken, holder=holder, clock=clock)
            prune(now=clock())
            return
        while (row := Backup.objects.defer("manifest").get(pk=pk)).unfinished:
            self.stdout.write(f"{step_of(row)}: {progress_of(row)}")
            time.sleep(WAIT)
            find_lost(now=clock())

    def _tell(self, row: Backup) -> None:
        if row.state != BackupState.GOOD:
            raise CommandError(error_of(row.error, row.detail))
        self.stdout.write(
            f"Backup {row.pk} is good: {row.name}, {filesizeformat(row.size)}"
        )
