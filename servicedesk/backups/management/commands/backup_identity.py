"""`manage.py backup_identity`: make a pair of keys for somebody who shall open backups.

For that person's own computer, not for the server. `age-keygen` does the same.
"""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.backups.sealed import make_identity


class Command(BaseCommand):
    help = "Make a pair of keys of age, on the computer of whoever will keep it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--out",
            metavar="FILE",
            help="write the private key here, readable by you only",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the private key to a new file, or print it where that is asked for."""
        private, public = make_identity()
        text = f"# public key: {public}\n{private}\n"
        if options["out"]:
            _write(Path(options["out"]), text)
            self.stdout.write(f"Public key: {public}")
        else:
            if sys.stdout.isatty():
                self.stderr.write("Keep what follows; it is shown only once.")
            self.stdout.write(text, ending="")


def _write(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
