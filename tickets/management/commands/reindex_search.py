"""Have search read every ticket again: `manage.py reindex_search`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from servicedesk.core.database_time import database_time
from tickets.actions import texts
from tickets.models import TextDue

_TELL_EVERY = 5.0  # seconds


class Command(BaseCommand):
    help = (
        "Have search read every ticket again, while the desk goes on. It may be "
        "interrupted: the sweep reads the rest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--later", action="store_true", help="only mark them; the sweep reads them"
        )

    def handle(self, *_args: Any, later: bool, **_options: Any) -> None:
        total = texts.mark_all()
        self.stdout.write(f"{total:,} tickets are to be read.")
        if not later:
            self._read(total)

    def _read(self, total: int) -> None:
        began = told = time.monotonic()
        done = failed = 0
        now = database_time()
        while True:
            batch = texts.read_due(now=now())
            done, failed = done + batch.rows, failed + batch.failed
            moment = time.monotonic()
            if not batch.rows:
                break
            if moment - told > _TELL_EVERY:
                told = moment
                left = TextDue.objects.filter(rebuild=True).count()
                speed = done / (moment - began)
                self.stdout.write(
                    f"{total - left:,} of {total:,}, {speed:.0f} a second, "
                    f"about {left / speed:.0f} s more"
                )
        self.stdout.write(
            f"{done:,} read in {time.monotonic() - began:.0f} s, {failed:,} failed"
            + (": they are tried again by the sweep." if failed else ".")
        )
