"""Ways to make a drill, and to do real damage to a real backup."""

from servicedesk.backups.drill.run import make_drill
from servicedesk.backups.models import Backup, BackupState
from servicedesk.backups.scratch import scratch_server
from servicedesk.backups.storages import storage_for
from servicedesk.core.actions.key_backups import record_key_backup
from servicedesk.core.encryption import escrow
from tests.factories import NOW

LIST = "/system/backups/drills/"


def drill(backup, identity, **other):
    """Put a backup back into a scratch database and say what came of it."""
    return make_drill(
        **{
            "storage": storage_for(backup.destination),
            "name": backup.name,
            "identities": [identity],
            "now": NOW,
            "digest": backup.digest,
        }
        | other
    )


def codes(outcome):
    return [each.code for each in outcome.findings]


def scratch_databases():
    with scratch_server().session() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'servicedesk_drill_%'"
        )
        return [name for (name,) in cursor.fetchall()]


def save_keys():
    """Note a backup of the keys of this desk, opened by two people."""
    noted = record_key_backup(
        bundle=escrow.collect(now=NOW),
        name="keys.age",
        digest="d" * 64,
        groups=((), ()),
        now=NOW,
    )
    noted.proved_at = NOW
    noted.save()
    return noted


def good(moment=NOW, **values):
    return Backup.objects.create(
        **{
            "name": f"{moment:%Y%m%dT%H%M%S}Z-1",
            "state": BackupState.GOOD,
            "generation": "daily",
            "destination": "folder",
            "asked_at": moment,
            "due_at": moment,
            "started_at": moment,
            "ended_at": moment,
            "size": 5,
            "digest": "0" * 64,
            "manifest": {"tables": {}},
        }
        | values
    )
