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
from servicedesk.backups.programs import running
from servicedesk.backups.progress import NOBODY, Progress
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
    seals: Path | None = None,
    progress: Progress = NOBODY,
) -> Seen:
    """Do the acts of `inside.Work` in the restored database.

    `seals` is where a restored database has its copy of the audit log's seals.
    Raises BackupError(INSIDE) if the process ends without an answer; its words are
    not kept, because they may quote a row.
    """
    asked = _asked(manifest, folder, acts, drill=drill, now=now)
    environment = _environment(manifest, into, folder, drill=drill)
    if seals is not None:
        environment["AUDIT_SEALS_DIR"] = str(seals)
    out, complaints = _run(asked, environment, progress)
    try:
        answer = json.loads(out.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BackupError(errors.INSIDE, _last_error(complaints)) from error
    return Seen(
        seconds=answer["seconds"],
        numbers=answer["numbers"],
        findings=[Finding(each.pop("code"), each) for each in answer["findings"]],
    )


def _asked(
    manifest: Manifest,
    folder: Path,
    acts: Sequence[str],
    *,
    drill: bool,
    now: dt.datetime,
) -> str:
    """Return what the other process is told, as `inside.Work` reads it."""
    return json.dumps(
        {
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
    )


def _run(
    asked: str, environment: dict[str, str], progress: Progress
) -> tuple[str, str]:
    """Let this program itself work; what it answered, and what it complained of."""
    with running(
        [sys.executable, str(settings.ROOT / "manage.py"), COMMAND],
        progress,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=settings.ROOT,
        text=True,
    ) as process:
        out, complaints = process.communicate(asked)
    return out, complaints


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
