"""Take a due backup, make it, and write down how it ended."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable

import psycopg2
from django.db import DatabaseError, transaction

from servicedesk.backups import errors
from servicedesk.backups.actions.ending import fail, lost, note_good
from servicedesk.backups.actions.runs import begin_anew, take
from servicedesk.backups.actions.sweeping import sweep_backup, sweep_objects
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.making import make
from servicedesk.backups.manifest import MANIFEST, Manifest, pack
from servicedesk.backups.models import (
    FEWEST,
    Backup,
    BackupState,
    Recipient,
)
from servicedesk.backups.pulse import STOPPED, Clock, Pulse
from servicedesk.backups.reading import read_manifest_bytes
from servicedesk.backups.storages import Storage, storage_for

log = logging.getLogger(__name__)


@transaction.atomic
def take_backup(*, holder: uuid.UUID, now: dt.datetime) -> Backup | None:
    """Take the backup that waits; None if none does. The database allows one at a time."""
    found = take(Backup.objects.all(), holder=holder, now=now)
    if found is None:
        return None
    found.total = _expected()
    found.name = found.name or f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{found.pk}"
    found.save()
    tell(found)
    return found


def run_backup(
    *,
    backup: Backup,
    holder: uuid.UUID,
    clock: Clock,
    ending: Callable[[], bool] = lambda: False,
) -> None:
    """Make a backup that was taken. Whatever happens, its row says so afterwards.

    `ending` tells that this process has to go: then the next one begins it anew.
    """
    try:
        _make(backup, holder, clock, ending)
    except BackupError as error:
        _end_badly(backup, holder, error, clock())
    except (DatabaseError, psycopg2.Error) as error:
        said = BackupError(errors.DATABASE, type(error).__name__)
        _end_badly(backup, holder, said, clock())
    except Exception as error:
        log.exception("Backup %s failed", backup.pk)
        said = BackupError(errors.UNEXPECTED, type(error).__name__)
        _end_badly(backup, holder, said, clock())
    except BaseException:
        _end_badly(backup, holder, BackupError(STOPPED), clock())
        raise


def _make(
    backup: Backup, holder: uuid.UUID, clock: Clock, ending: Callable[[], bool]
) -> None:
    storage = storage_for(backup.destination)
    storage.prepare()
    keys = tuple(Recipient.objects.active().values_list("key", flat=True))
    if len(keys) < FEWEST:
        raise BackupError(errors.RECIPIENTS)
    if backup.tries > 1:
        sweep_objects(storage, backup.name)
    with Pulse(run=backup, clock=clock, ending=ending) as pulse:
        manifest = make(
            name=backup.name,
            number=backup.pk,
            made_at=clock(),
            storage=storage,
            keys=keys,
            pulse=pulse,
        )
        pulse.end()
        pulse.raise_if_stopped()
    _publish(backup.pk, holder, storage, manifest, clock)


@transaction.atomic
def _publish(
    pk: int, holder: uuid.UUID, storage: Storage, manifest: Manifest, clock: Clock
) -> None:
    """Write the manifest while the row is locked: nobody else can give it up meanwhile."""
    row = Backup.objects.select_for_update().get(pk=pk)
    if row.holder != holder or row.state != BackupState.RUNNING:
        raise BackupError(errors.LOST)
    if row.cancel_asked_at is not None:
        raise BackupError(errors.CANCELLED)
    data = pack(manifest)
    with storage.put(f"{row.name}/{MANIFEST}") as sink:
        sink.write(data)
    if read_manifest_bytes(storage, row.name) != data:
        storage.remove(f"{row.name}/{MANIFEST}")
        raise BackupError(errors.SHORT, MANIFEST)
    note_good(row, manifest, data, clock())


def _end_badly(
    backup: Backup, holder: uuid.UUID, error: BackupError, now: dt.datetime
) -> None:
    """Note why it ended, then remove what it wrote."""
    if error.code != STOPPED:
        log.error("Backup %s failed: %s", backup.name, error)
    if _note_end(backup.pk, holder, error, now):
        sweep_backup(pk=backup.pk, now=now)


@transaction.atomic
def _note_end(pk: int, holder: uuid.UUID, error: BackupError, now: dt.datetime) -> bool:
    """Note it if the row is still ours; tell whether it is over."""
    row = Backup.objects.select_for_update().get(pk=pk)
    if row.holder != holder or row.state != BackupState.RUNNING:
        return False
    if error.code == STOPPED:
        if begin_anew(row):
            return False
        error = lost(row)
    fail(row, error, now)
    return True


def _expected() -> int | None:
    """Return about how many clear bytes there will be, by the last good backup."""
    last = Backup.objects.good().first()
    if last is None or not isinstance(last.manifest, dict):
        return None
    return sum(int(part["clear_size"]) for part in last.manifest["parts"])
