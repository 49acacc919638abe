"""Django's `migrate`, which waits for no table longer than people can wait for it."""

import time
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

LOCK_NOT_AVAILABLE: Final = "55P03"
PAUSE: Final = 3.0  # seconds between two tries; people get on meanwhile
_UNFINISHED: Final = """
SELECT format('%I.%I', space.nspname, class.relname)
FROM pg_index JOIN pg_class class ON class.oid = indexrelid
JOIN pg_namespace space ON space.oid = class.relnamespace
WHERE NOT indisvalid AND space.nspname = current_schema()
"""


class Command(migrate.Command):
    """A statement that wants a table to itself lets everybody behind it wait.

    It is given up after `--lock-timeout`, and the migration, which is one transaction,
    tried again a little later. What was applied before it stays.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--lock-timeout", default="2s", help="0 waits for ever")
        parser.add_argument("--tries", type=int, default=20)

    def handle(self, *args: Any, **options: Any) -> None:
        tries = options.pop("tries", 1)
        timeout = options.pop("lock_timeout", "0")
        line = connections[options["database"]]
        for left in reversed(range(tries)):
            with line.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, false)", [timeout]
                )
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                    raise
                if not left:
                    raise CommandError(
                        "A table is held by somebody for too long. What was applied "
                        "stays; run it again when less is going on."
                    ) from error
                self.stdout.write(f"A table is in use; {left} more tries.")
                time.sleep(PAUSE)
                _drop_unfinished(line)
            else:
                return


def _drop_unfinished(line: Any) -> None:
    """Remove indexes whose building CONCURRENTLY was given up: they serve nobody."""
    with line.cursor() as cursor:
        cursor.execute(_UNFINISHED)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
