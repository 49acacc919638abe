"""`manage.py jobs`: the newest jobs and how far they are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from servicedesk.core.jobs.words import error_of, progress_of, title_of
from servicedesk.core.models import Job


class Command(BaseCommand):
    help = "List the newest jobs; those that are not over come first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those long over")
        parser.add_argument("--last", type=int, default=20, help="how many, at most")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line a job."""
        newest = Job.objects.order_by("-created_at")
        found = [*newest.active(), *newest.exclude(pk__in=newest.active())]
        with translation.override("en"):
            for job in found if options["all"] else found[: options["last"]]:
                self.stdout.write(self._line(job))
            if not found:
                self.stdout.write("No jobs.")

    def _line(self, job: Job) -> str:
        words = [str(job.pk), job.get_state_display(), title_of(job), progress_of(job)]
        return " · ".join([*words, error_of(job)] if job.error else words)
