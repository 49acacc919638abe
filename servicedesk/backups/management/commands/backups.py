"""`manage.py backups`: how backups stand, and the newest of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.timezone import localtime, now

from servicedesk.backups.models import Backup
from servicedesk.backups.plan import (
    current_plan,
    drill_late_since,
    last_good,
    last_proven,
    late_since,
)
from servicedesk.backups.words import error_of


class Command(BaseCommand):
    help = "Tell how backups stand, and list the newest ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--last", type=int, default=20, help="how many, at most")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the state in two lines, then one line for each backup."""
        moment = now()
        plan, good, proven = current_plan(now=moment), last_good(), last_proven()
        late = " (too old)" if late_since(plan, good, moment) else ""
        old = " (too long ago)" if drill_late_since(plan, proven, moment) else ""
        with translation.override("en"):
            self.stdout.write(f"Last good backup: {good or 'none'}{late}")
            self.stdout.write(
                f"Last proven restore: {_moment(proven and proven.ended_at)}{old}"
            )
            newest = Backup.objects.defer("manifest").order_by("-pk")
            for row in newest[: options["last"]]:
                self.stdout.write(_line(row))


def _line(row: Backup) -> str:
    words = [
        str(row.pk),
        row.name or "–",
        row.get_state_display(),
        row.get_generation_display(),
        filesizeformat(row.size) if row.size else "–",
        row.get_destination_display(),
    ]
    if row.error:
        words.append(error_of(row.error, row.detail))
    return " · ".join(words)


def _moment(at: Any) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at else "none"
