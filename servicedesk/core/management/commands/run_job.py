"""`manage.py run_job`: do a job to its end in the foreground, with its progress."""

import json
import time
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.timezone import now

from servicedesk.core.actions.jobs import start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import kinds
from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.jobs.words import error_of, progress_of
from servicedesk.core.models import Job, JobState

WAIT = 1.0  # seconds between two looks at a job that somebody else is at


class Command(BaseCommand):
    help = "Start a job of a kind, or take up the one with this id, and do it here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", help="a kind such as customers.rotate, or an id")
        parser.add_argument(
            "--param", action="append", default=[], metavar="NAME=VALUE"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it; the answer is an error unless it is done in the end."""
        with translation.override("en"):
            job = self._find(options["job"]) or self._start(options)
            self._run(job)
            job.refresh_from_db()
            if job.state != JobState.DONE:
                raise CommandError(error_of(job) or job.get_state_display())
            self.stdout.write(f"Done: {json.dumps(job.result or {})}")

    def _find(self, name: str) -> Job | None:
        try:
            return Job.objects.filter(pk=name).first()
        except ValidationError:
            return None

    def _start(self, options: dict[str, Any]) -> Job:
        try:
            params = dict(_parse(word) for word in options["param"])
            return start_job(kind=options["job"], params=params, by=None, now=now())
        except (LookupError, ValueError, RuleError) as error:
            known = ", ".join(sorted(kind.key for kind in kinds())) or "none"
            raise CommandError(f"{error} Kinds: {known}.") from error

    def _run(self, job: Job) -> None:
        holder = uuid.uuid4()
        while job.active:
            taken = take_job(holder=holder, now=now(), pk=job.pk)
            if taken is not None:
                run_job(
                    job=taken,
                    holder=holder,
                    clock=now,
                    enough=lambda: False,
                    seen=lambda seen: self.stdout.write(progress_of(seen)),
                )
            else:
                time.sleep(WAIT)
            job.refresh_from_db()


def _parse(word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    if not equals:
        raise ValueError(f"Not NAME=VALUE: {word}.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
