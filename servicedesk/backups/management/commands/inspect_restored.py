"""`manage.py inspect_restored`: work inside a restored database; drills and restores call it."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from servicedesk.backups.inside import Work


class Command(BaseCommand):
    help = (
        "Work inside the restored database that DATABASE_URL names, and answer in JSON. "
        "Called by `drill` and `restore`; not for people."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        said = json.load(sys.stdin)
        answer = Work(said).do(said["acts"])
        self.stdout.write(json.dumps(answer))
