"""Give up backups whose process died, and remove what failed or old ones left behind."""

import datetime as dt
import logging

from django.db import transaction

from servicedesk.backups.actions.ending import fail, lost, note_good
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import MANIFEST, unpack
from servicedesk.backups.models import Backup, BackupState
from servicedesk.backups.pulse import LEASE
from servicedesk.backups.reading import read_manifest_bytes
from servicedesk.backups.storages import Storage, storage_for

log = logging.getLogger(__name__)


def find_lost(*, now: dt.datetime) -> int:
    """Give up the backup whose process has fallen silent; how many that were.

    If it got as far as writing its manifest it is whole, and is kept.
    """
    silent = Backup.objects.filter(state=BackupState.RUNNING, beat_at__lt=now - LEASE)
    return sum(_give_up(pk, now) for pk in list(silent.values_list("pk", flat=True)))


@transaction.atomic
def _give_up(pk: int, now: dt.datetime) -> bool:
    row = (
        Backup.objects.select_for_update(skip_locked=True)
        .filter(pk=pk, state=BackupState.RUNNING, beat_at__lt=now - LEASE)
        .first()
    )
    if row is None:
        return False
    if not _adopt(row, now):
        fail(row, lost(row), now)
    return True


def _adopt(row: Backup, now: dt.datetime) -> bool:
    """Keep a backup whose manifest lies there, signed, with all its parts."""
    try:
        storage = storage_for(row.destination)
        data = read_manifest_bytes(storage, row.name)
        manifest = unpack(data, name=row.name)
        sizes = {
            part.name: storage.size(f"{row.name}/{part.name}")
            for part in manifest.parts
        }
    except (BackupError, ValueError):
        return False
    if sizes != {part.name: part.size for part in manifest.parts}:
        return False
    note_good(row, manifest, data, now)
    return True


def sweep_backup(*, pk: int, now: dt.datetime) -> bool:
    """Remove what a failed or removed backup left; tell whether that is done with.

    What has a manifest is never removed because a row says that it failed: after a
    restore a backup's own row looks given up, and its place may have been away. If it
    is whole it is good again; otherwise it stays for a person to look at. The place of
    the backups may be away now: then it is tried again later.
    """
    row = Backup.objects.defer("manifest").get(pk=pk)
    if row.state not in {BackupState.FAILED, BackupState.REMOVED} or row.swept:
        return True
    try:
        if row.name and not (row.state == BackupState.FAILED and _claims(row)):
            sweep_objects(storage_for(row.destination), row.name)
        elif row.name and not _adopt_failed(pk, now):
            log.error("Backup %s has a manifest and is not whole: look at it", row.name)
    except BackupError as error:
        log.warning("What is left of backup %s stays for now: %s", row.pk, error)
        return False
    Backup.objects.filter(pk=pk).update(swept=True)
    return True


def _claims(row: Backup) -> bool:
    """Tell whether a manifest lies there; BackupError if nobody can say."""
    found = storage_for(row.destination).list(row.name)
    return any(one.name == f"{row.name}/{MANIFEST}" for one in found)


@transaction.atomic
def _adopt_failed(pk: int, now: dt.datetime) -> bool:
    return _adopt(Backup.objects.select_for_update().get(pk=pk), now)


def sweep_objects(storage: Storage, name: str) -> None:
    """Remove all objects of a backup, the manifest first: then nothing claims to be whole."""
    storage.sweep(name)
    objects = [stored.name for stored in storage.list(name)]
    manifest = f"{name}/{MANIFEST}"
    for each in sorted(objects, key=lambda one: one != manifest):
        storage.remove(each)


def sweep_failed(*, now: dt.datetime) -> int:
    """Remove what earlier ones left behind; how many are done with."""
    over = Backup.objects.filter(
        state__in=[BackupState.FAILED, BackupState.REMOVED], swept=False
    )
    return sum(
        sweep_backup(pk=pk, now=now) for pk in list(over.values_list("pk", flat=True))
    )
