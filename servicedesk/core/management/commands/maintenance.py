"""Close the desk for maintenance, open it again, or say how it is."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from servicedesk.core.actions.maintenance import (
    Closing,
    begin_maintenance,
    end_maintenance,
)
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Maintenance


class Command(BaseCommand):
    help = (
        "Close the desk to all but administrators (on), open it (off), or say whether "
        "it is closed (status). Processes follow within two seconds."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("word", choices=["on", "off", "status"])
        parser.add_argument("--reason", default="", help="for colleagues and the log")
        parser.add_argument("--minutes", type=int, help="how long it will take")
        parser.add_argument("--zh", default="", help="what people read in Chinese")
        parser.add_argument("--en", default="", help="what people read in English")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["word"] == "on":
                begin_maintenance(closing=_closing(options), by=None, now=now())
            elif options["word"] == "off":
                end_maintenance(by=None, now=now())
        except RuleError as refusal:
            raise CommandError(str(refusal)) from refusal
        row = Maintenance.objects.filter(ended_at__isnull=True).first()
        if row is None:
            self.stdout.write("The desk is open.")
        else:
            since = f"since {row.begun_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"The desk is closed {since}: {row.reason}")


def _closing(options: dict[str, Any]) -> Closing:
    minutes = options["minutes"]
    until = now() + dt.timedelta(minutes=minutes) if minutes is not None else None
    return Closing(options["reason"], until, options["zh"], options["en"])
