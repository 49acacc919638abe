"""`manage.py seal_audit`: seal what has settled, as the worker does each minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from servicedesk.audit import outside
from servicedesk.audit.actions import record_rollback_accepted
from servicedesk.audit.keys import SealKeyError
from servicedesk.audit.sealing import seal_settled


class Command(BaseCommand):
    help = "Seal the settled entries of the audit log and copy the seals outside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accept-rollback",
            action="store_true",
            help="the database was set back knowingly (a backup was restored): put the "
            "copy outside aside, keep it, and begin a new one",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["accept_rollback"]:
            for path in outside.set_aside(f"before-{now:%Y%m%dT%H%M%S}"):
                self.stdout.write(f"Kept: {path}")
            record_rollback_accepted(now=now)
        try:
            made = seal_settled(now=now)
        except (SealKeyError, outside.RolledBackError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} seals made.")
