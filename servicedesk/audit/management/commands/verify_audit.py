"""`manage.py verify_audit`: is the audit log as it was sealed? Exit code 1 if not."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.audit.keys import SealKeyError
from servicedesk.audit.verifying import verify


class Command(BaseCommand):
    help = (
        "Verify the audit log: every entry against its seal, every seal against its "
        "signature, the seal before and the copy outside, and the database's "
        "triggers. Names the first thing that is not right."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--public-key",
            type=Path,
            action="append",
            default=[],
            help="a PEM file; may be repeated; without it this machine's keys count",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = verify(*options["public_key"])
        except SealKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{report.entries} entries, {report.seals} seals, "
            f"{report.unsealed} entries not sealed yet."
        )
        if report.dropped:
            self.stdout.write(
                f"{report.dropped} entries are kept by seal only, dropped by retention."
            )
        for notice in report.notices:
            self.stdout.write(notice)
        if not report.whole:
            raise CommandError(
                "\n".join(["The audit log is BROKEN.", *report.findings])
            )
        self.stdout.write(self.style.SUCCESS("The audit log is whole."))
