"""After a restore: `manage.py replay_erasures` erases again whom the backup brought back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from customers.actions.replay import replay
from servicedesk.audit.keys import SealKeyError


class Command(BaseCommand):
    help = (
        "Erase again everybody whom the signed copy of the ledger names and a restored "
        "database still knows. To be run after every restore, before people work; "
        "running it again does no harm."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            done = replay(now=now())
        except SealKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.lines} erasures in the copy; {done.erased} people erased again."
        )
        if done.findings:
            raise CommandError(
                "\n".join(["The copy of the ledger is not whole.", *done.findings])
            )
