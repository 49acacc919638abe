"""`manage.py security_check`: look at everything now, in the foreground."""

import json
import sys
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation
from django.utils.timezone import now

from servicedesk.core.models import Job, Level
from servicedesk.core.security_checks import showing
from servicedesk.core.security_checks.jobs import JOB


class Command(BaseCommand):
    help = "Run the security checks. Ends with 1 if something is bad, else with 0."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run them as a job, take up the one under way, and say what was found."""
        running = Job.objects.active().filter(kind=JOB).values_list("pk", flat=True)
        with translation.override("en"):
            call_command("run_job", str(running.first() or JOB), stdout=StringIO())
            bad = self._tell(as_json=options["json"])
        if bad:
            sys.exit(1)

    def _tell(self, *, as_json: bool) -> bool:
        moment = now()
        lines = [showing.line_of(each, now=moment) for each in showing.open_findings()]
        _tone, words = showing.overall(lines, showing.newest_done(), now=moment)
        if as_json:
            found = [_plain(each) for each in lines]
            said = {"overall": words, "findings": found}
            self.stdout.write(json.dumps(said, indent=2))
        else:
            self.stdout.write(words)
            for each in lines:
                aside = " (put aside)" if each.aside else ""
                self.stdout.write(
                    f"[{each.level}]{aside} {each.title}: {each.what} {each.todo}"
                )
        return any(x.finding.level == Level.BAD and not x.aside for x in lines)


def _plain(line: showing.Line) -> dict[str, Any]:
    row = line.finding
    return {
        "check": row.check_key,
        "code": row.code,
        "level": row.level,
        "count": row.count,
        "numbers": row.numbers,
        "what": line.what,
        "todo": line.todo,
        "first_seen": row.first_seen.isoformat(),
        "put_aside": line.aside,
    }
