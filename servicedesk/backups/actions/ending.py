"""How a backup ends: good, or failed for a reason that people are told."""

import datetime as dt
import json

from servicedesk.backups import errors, plan
from servicedesk.backups.actions.notices import tell_failed
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.manifest import Manifest, digest_of
from servicedesk.backups.models import Backup, BackupState, Generation, Run


def note_good(row: Backup, manifest: Manifest, data: bytes, now: dt.datetime) -> None:
    """Note that a backup is whole; the caller has locked the row and seen the manifest."""
    row.state = BackupState.GOOD
    if row.generation != Generation.MANUAL:
        row.generation = plan.generation_for(row.started_at or now)
    row.size = manifest.size + len(data)
    row.digest, row.manifest = digest_of(data), json.loads(data)
    row.ended_at, row.holder = now, None
    row.error = row.detail = row.step = ""
    row.save()
    tell(row)


def lost(run: Run) -> BackupError:
    """Say why a run whose process is gone has ended: it may have been asked to stop."""
    return BackupError(errors.CANCELLED if run.cancel_asked_at else errors.LOST)


def fail(row: Backup, error: BackupError, now: dt.datetime) -> None:
    """Note that it failed, and tell people unless they stopped it; the row is locked."""
    row.state, row.holder = BackupState.FAILED, None
    row.error, row.detail = error.code, error.detail[:300]
    row.ended_at, row.swept = now, False
    row.save()
    tell(row)
    if error.code != errors.CANCELLED:
        tell_failed(row, now=now)
