"""After a restore: backups that were made since are known again, by what lies there."""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from servicedesk.backups.actions.ending import note_good
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import MANIFEST, Manifest, digest_of, unpack
from servicedesk.backups.models import Backup, BackupState, Destination, Generation
from servicedesk.backups.reading import read_manifest_bytes
from servicedesk.backups.storages import Storage, storage_for
from servicedesk.core.restoring import Restored, register_restore_step

log = logging.getLogger(__name__)
NOTE: Final = "found after a restore"


def register() -> None:
    """Register it; from `ready()`."""
    register_restore_step("backups.adopt", adopt)


def adopt(restored: Restored) -> Mapping[str, Any]:
    """Note every whole backup that lies in a place of ours and that no row knows.

    The backup that was restored is one of them: in its own dump it is still being made.
    """
    found = sum(_adopt_all(destination, restored.now) for destination in Destination)
    return {"found": found}


def _adopt_all(destination: Destination, now: dt.datetime) -> int:
    try:
        storage = storage_for(destination)
        names = [
            each.name.partition("/")[0]
            for each in storage.list()
            if each.name.endswith(f"/{MANIFEST}")
        ]
        return sum(_adopt(storage, name, destination, now) for name in names)
    except BackupError as error:
        log.warning("Backups at %s could not be looked for: %s", destination, error)
        return 0


@transaction.atomic
def _adopt(
    storage: Storage, name: str, destination: Destination, now: dt.datetime
) -> bool:
    row = Backup.objects.select_for_update().filter(name=name).first()
    if row is not None and row.state != BackupState.RUNNING:
        return False
    try:
        data = read_manifest_bytes(storage, name)
        manifest = unpack(data, name=name)
    except BackupError as error:
        log.warning("Backup %s is not taken up: %s", name, error)
        return False
    if row is not None:
        note_good(row, manifest, data, now)
    else:
        _new(manifest, data, destination).save(force_insert=True)
    return True


def _new(manifest: Manifest, data: bytes, destination: Destination) -> Backup:
    moment = manifest.made_at
    return Backup(
        name=manifest.name,
        state=BackupState.GOOD,
        generation=Generation.MANUAL,
        destination=destination,
        note=NOTE,
        asked_at=moment,
        due_at=moment,
        started_at=moment,
        ended_at=moment,
        size=manifest.size + len(data),
        digest=digest_of(data),
        manifest=json.loads(data),
    )
