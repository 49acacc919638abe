"""What is done and looked at from inside a restored database, in a process of its own.

That process has the restored database for its default one, so that every model, check
and step works as always, and the live database cannot be touched by mistake.
"""

import datetime as dt
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from servicedesk.core.encryption.envelope import unseal
from servicedesk.core.encryption.errors import KeyMissing, SealError
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.status import newest_backup
from servicedesk.core.encryption.stores import all_stores
from servicedesk.core.models import KeyBackup
from servicedesk.core.restoring import (
    Finding,
    Restored,
    restore_checks,
    restore_steps,
)

SAMPLE: Final = 500
"""So many rows of each place of sealed values are opened; of the others the key counts."""
SAME, OLDER, NEWER = "same", "older", "newer"
OLD_PROOF: Final = dt.timedelta(days=183)


class Work:
    """The acts of one process: each is timed, and adds to what is found."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.restored = Restored(
            backup=said["backup"],
            made_at=dt.datetime.fromisoformat(said["made_at"]),
            folder=Path(said["folder"]),
            roots=said["roots"],
            facts=said["facts"],
            drill=said["drill"],
            now=dt.datetime.fromisoformat(said["now"]),
        )
        self.keys: list[Mapping[str, Any]] = said["keys"]
        self.seconds: dict[str, float] = {}
        self.findings: list[Finding] = []
        self.numbers: dict[str, Any] = {}

    def do(self, acts: list[str]) -> dict[str, Any]:
        """Do the acts in their order; a schema that is newer ends it."""
        for act in acts:
            began = time.monotonic()
            getattr(self, f"_{act}")()
            self.seconds[act] = round(time.monotonic() - began, 2)
            if self.numbers.get("schema") == NEWER:
                break
        return {
            "seconds": self.seconds,
            "numbers": self.numbers,
            "findings": [{"code": f.code, **f.data} for f in self.findings],
        }

    def _schema(self) -> None:
        """Compare the migrations that the database has with those of this program."""
        loader = MigrationLoader(connection)
        ours = {config.label for config in apps.get_app_configs()}
        applied = set(loader.applied_migrations)
        known = set(loader.disk_migrations)
        newer = sorted(n for n in applied - known if n[0] in ours)
        missing = set(loader.graph.nodes) - applied
        self.numbers["schema"] = NEWER if newer else OLDER if missing else SAME
        if newer:
            said = [f"{app}.{name}" for app, name in newer[:20]]
            self.findings.append(Finding("schema_newer", {"migrations": said}))
        elif missing:
            self.findings.append(Finding("schema_older", {"number": len(missing)}))

    def _migrate(self) -> None:
        """Bring an older schema up to this program's, as every upgrade does."""
        call_command("migrate", interactive=False, verbosity=0)

    def _values(self) -> None:
        """Open a sample of each kind of sealed value; count those whose key is not here."""
        held = _versions_here()
        opened = without = 0
        for store in all_stores():
            for part, counts in store.versions().items():
                lost = sum(n for version, n in counts.items() if version not in held)
                without += lost
                if lost:
                    data = {"field": store.parts[part], "number": lost}
                    self.findings.append(Finding("values_without_key", data))
            good, bad = _open_some(store)
            opened += good
            if bad:
                data = {"store": store.name, "number": bad}
                self.findings.append(Finding("values_unreadable", data))
        self.numbers |= {"values_opened": opened, "values_without_key": without}

    def _keys(self) -> None:
        """Look whether a backup of keys holds the keys that this backup needs."""
        self.findings += unsaved_keys(self.keys, newest_backup(), self.restored.now)

    def _checks(self) -> None:
        for name, check in restore_checks():
            try:
                with transaction.atomic():
                    self.findings += check(self.restored)
            except DatabaseError as error:
                data = {"check": name, "why": type(error).__name__}
                self.findings.append(Finding("check_failed", data))
        self.numbers["checks"] = [name for name, _check in restore_checks()]

    def _steps(self) -> None:
        """Do what has to be done before anybody sees this database."""
        self._each(outside=False)

    def _outside(self) -> None:
        """Do what touches other things than the database, which is in its place now."""
        self._each(outside=True)

    def _each(self, *, outside: bool) -> None:
        done = self.numbers.setdefault("steps", {})
        for name, step in restore_steps(outside=outside):
            done[name] = dict(step(self.restored))

    def _settle(self) -> None:
        """Let the planner know what is there, and keep no session of before."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def unsaved_keys(
    wanted: list[Mapping[str, Any]], backup: KeyBackup | None, now: dt.datetime
) -> list[Finding]:
    """Find the keys of a backup of data that no backup of keys holds."""
    found = [
        Finding("keys_not_saved", {"kind": key["kind"], "version": key["version"]})
        for key in wanted
        if backup is None
        or not backup.holds(key["kind"], int(key["version"]), key["mark"])
    ]
    if found or backup is None:
        return found
    if backup.proved_at is None or now - backup.proved_at > OLD_PROOF:
        return [Finding("keys_not_proved", {"file": backup.name})]
    return []


def _versions_here() -> set[int]:
    try:
        return set(keyring().field_keys)
    except (KeyMissing, OSError):
        return set()


def _open_some(store: Any) -> tuple[int, int]:
    """Open the first rows of a store; how many values opened, and how many did not."""
    good = bad = 0
    for pk, values in store.read(None, SAMPLE):
        for part, envelope in values.items():
            try:
                unseal(envelope, *store.place(part, pk))
            except SealError:
                bad += 1
            else:
                good += 1
    return good, bad
