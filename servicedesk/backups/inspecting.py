"""Let another process of this program work inside a restored database, and hear of it."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.databases import Database
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import Manifest
from servicedesk.core.restoring import Finding

COMMAND: Final = "inspect_restored"
# What would lead the other process back to the live database, or hurry it.
_NOT_THEIRS: Final = ("DATABASE_URL_FILE", "SERVICEDESK_PROCESS", "PGOPTIONS")


@dataclass(frozen=True)
class Seen:
    """What the other process found: seconds for each act, numbers, findings."""

    seconds: dict[str, float]
    numbers: dict[str, Any]
    findings: list[Finding]


def inspect(
    *,
    manifest: Manifest,
    into: Database,
    folder: Path,
    acts: Sequence[str],
    drill: bool,
    now: dt.datetime,
) -> Seen:
    """Do the acts of `inside.Work` in the restored database.

    Raises BackupError(UNEXPECTED) if the process ends without an answer; its words are
    not kept, because they may quote a row.
    """
    said = {
        "acts": list(acts),
        "backup": manifest.name,
        "made_at": manifest.made_at.isoformat(),
        "folder": str(folder),
        "roots": dict(manifest.roots),
        "facts": dict(manifest.facts),
        "keys": [dict(key) for key in manifest.keys],
        "drill": drill,
        "now": now.isoformat(),
    }
    done = subprocess.run(  # noqa: S603 - this program itself, no shell
        [sys.executable, str(settings.ROOT / "manage.py"), COMMAND],
        input=json.dumps(said),
        env=_environment(manifest, into, folder, drill=drill),
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BackupError(errors.INSIDE, _last_error(done.stderr)) from error
    return Seen(
        seconds=answer["seconds"],
        numbers=answer["numbers"],
        findings=[Finding(each.pop("code"), each) for each in answer["findings"]],
    )


def _environment(
    manifest: Manifest, into: Database, folder: Path, *, drill: bool
) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in _NOT_THEIRS}
    kept |= {
        "DATABASE_URL": into.url,
        "FIELD_KEYS_DIR": str(settings.FIELD_KEYS_DIR),
        "AUDIT_SEAL_KEYS_DIR": str(settings.AUDIT_SEAL_KEYS_DIR),
    }
    if not drill:
        return kept | {
            "AUDIT_SEALS_DIR": str(settings.AUDIT_SEALS_DIR),
            "ERASURES_DIR": str(settings.ERASURES_DIR),
            "BACKUP_DIR": str(settings.BACKUP_DIR),
            "DATABASE_RUNNING_ROLE": settings.DATABASE_RUNNING_ROLE,
        }
    # A drill writes to nothing that is in use: not even the copy of the seals.
    roots = manifest.roots
    kept["AUDIT_SEALS_DIR"] = str(folder / roots.get("seals", "seals"))
    kept["ERASURES_DIR"] = str(folder / roots.get("erasures", "erasures"))
    return kept | {"DATABASE_RUNNING_ROLE": ""}


def _last_error(words: str) -> str:
    """Return the name of the error that ended the process, without what it says."""
    lines = [line for line in words.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return last.partition(":")[0].strip()[:80] if ":" in last else ""
