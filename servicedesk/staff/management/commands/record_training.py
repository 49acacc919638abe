"""Record onboarding and training where nobody can by the page: the first of a desk."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import make_aware, now

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.clearance import record_training
from servicedesk.staff.models import TrainingKind, User


class Command(BaseCommand):
    help = (
        "Record that somebody passed their onboarding or security training. It stands "
        "in the records as done by the system; by the page another person records it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--onboarding", action="store_true")
        parser.add_argument(
            "--security-until", metavar="YYYY-MM-DD", type=dt.date.fromisoformat
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("There is nobody with this user name.")
        day, moment = options["security_until"], now()
        try:
            if options["onboarding"]:
                self._record(user, TrainingKind.ONBOARDING, moment, None)
            if day:
                ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
                self._record(user, TrainingKind.SECURITY, moment, make_aware(ends))
        except RuleError as refusal:
            raise CommandError(str(refusal)) from refusal
        if not options["onboarding"] and not day:
            raise CommandError("Say --onboarding, --security-until, or both.")
        self.stdout.write("Recorded.")

    def _record(
        self,
        user: User,
        kind: TrainingKind,
        moment: dt.datetime,
        until: dt.datetime | None,
    ) -> None:
        record_training(
            user=user,
            kind=kind,
            passed=True,
            on=moment,
            until=until,
            by=None,
            now=moment,
            reference="command",
        )
