"""What can go wrong with a backup, by a short code that words are made of."""

import errno
from typing import Final

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""How the system says that a disk is full."""


class BackupError(Exception):
    """A backup could not be made or read.

    `code` is one of those below. `detail` is for the log and for whoever mends it: a
    number, a name of a part or what a program of PostgreSQL said, never a value.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


FULL: Final = "disk_full"
"""There is no room where the backup goes."""
STORAGE: Final = "storage"
"""The place of the backups does not answer, or refuses."""
SHORT: Final = "short"
"""What arrived is not as long, or not the same, as what was sent."""
DATABASE: Final = "database"
"""The database went away, or refused what a backup needs."""
HELD: Final = "table_held"
"""Somebody holds a table for so long that it cannot be read."""
DUMP: Final = "dump"
"""pg_dump ended with an error."""
NO_PROGRAM: Final = "no_pg_dump"
"""There is no pg_dump on this machine."""
OLD_PROGRAM: Final = "old_pg_dump"
"""pg_dump is older than the server."""
RECIPIENTS: Final = "recipients"
"""Fewer than two people could open it."""
KEYS: Final = "keys"
"""The field keys, which sign the manifest, cannot be read."""
FILES: Final = "files"
"""A file to be backed up cannot be read."""
TRIAL: Final = "trial"
"""The trial decryption did not give back what was put in."""
MANIFEST: Final = "manifest"
"""The manifest is not there, makes no sense, or was changed."""
SETTINGS: Final = "settings"
"""The settings of the place are not complete."""
LOST: Final = "lost"
"""The worker was lost in the middle."""
GONE: Final = "gone"
"""It was good, and is not there any more, or not as long as it was."""
CANCELLED: Final = "cancelled"
"""Somebody stopped it."""
UNEXPECTED: Final = "unexpected"
"""Anything else; the log says more."""
LIVE: Final = "live_database"
"""What should be filled or dropped is the database that people work with."""
BUSY: Final = "database_busy"
"""Others are connected to the database that should be replaced."""
SCRATCH_FULL: Final = "scratch_full"
"""The server that a backup is put back into has no room left."""
LOAD: Final = "dump_unreadable"
"""pg_restore ended with an error."""
WRONG_IDENTITY: Final = "wrong_identity"
"""None of the private keys opens this backup."""
NO_IDENTITY: Final = "no_identity"
"""There is no private key on this machine."""
PART_MISSING: Final = "part_missing"
PART_CUT: Final = "part_cut"
PART_LONG: Final = "part_long"
PART_CHANGED: Final = "part_changed"
"""A part is not there, or not what the manifest says."""
EMPTY: Final = "dump_empty"
"""The dump has nothing in it."""
NO_MANIFEST: Final = "manifest_missing"
"""There are parts, and no manifest: the backup was never finished."""
NOT_FOUND: Final = "backup_not_found"
"""There is no backup of this name."""
FORGED: Final = "manifest_changed"
"""The manifest's signature is not right."""
FOREIGN: Final = "manifest_foreign"
"""The manifest belongs to another backup."""
OTHER_KEY: Final = "key_other"
"""A field key here has the same number as one of the backup, and is another."""
NO_KEY: Final = "key_missing"
"""A field key that the backup needs is not here."""
NEWER: Final = "schema_newer"
"""The backup was made by a newer version of the program."""
INSIDE: Final = "inspection"
"""The process that works inside the restored database ended without an answer."""
