"""Ways to be a worker, and to look at what came of it."""

import subprocess
import uuid
from pathlib import Path

from django.conf import settings

from servicedesk.backups.actions.asking import ask_for_backup
from servicedesk.backups.actions.making import run_backup, take_backup
from servicedesk.backups.manifest import DATABASE
from servicedesk.backups.models import Backup
from servicedesk.backups.programs import find_program
from servicedesk.backups.reading import opened, read_manifest
from servicedesk.backups.storages import storage_for
from tests.factories import NOW

TABLES = (
    "backups_backup, backups_drill, backups_recipient, backups_backupplan, "
    "core_keybackup"
)


def back_up(now=NOW, by=None, **asked):
    """Ask for a backup and make it here; the row as it is then."""
    row = ask_for_backup(by=by, now=now, **asked)
    work(now)
    return Backup.objects.get(pk=row.pk)


def work(now=NOW, *, ending=lambda: False):
    """Be a worker: take what is due and make it."""
    holder = uuid.uuid4()
    taken = take_backup(holder=holder, now=now)
    if taken is not None:
        run_backup(backup=taken, holder=holder, clock=lambda: now, ending=ending)
    return taken


def left_over():
    """Return every file in the folder of the backups, whatever its name."""
    folder = Path(settings.BACKUP_DIR)
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def listing(backup, identity):
    """Return what pg_restore says is in the dump of a backup, opened with a key."""
    storage = storage_for(backup.destination)
    manifest = read_manifest(storage, backup.name)
    major = int(manifest.postgres.split(".")[0])
    program, _version = find_program("pg_restore", server=major)
    with opened(
        storage=storage,
        backup=backup.name,
        part=manifest.part(DATABASE),
        identities=[identity],
    ) as stream:
        done = subprocess.run(
            [program, "--list"],
            stdin=stream,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout
