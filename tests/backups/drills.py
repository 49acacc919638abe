"""Ways to make a drill, and to do real damage to a real backup."""

from servicedesk.backups.drill.run import make_drill
from servicedesk.backups.scratch import scratch_server
from servicedesk.backups.storages import storage_for
from servicedesk.core.actions.key_backups import record_key_backup
from servicedesk.core.encryption import escrow
from tests.factories import NOW


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
