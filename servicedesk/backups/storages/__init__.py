"""Where backups lie: a folder of this server, or S3-compatible storage."""

from servicedesk.backups.storages.base import Storage, Stored
from servicedesk.backups.storages.choice import place_of, storage_for

__all__ = ["Storage", "Stored", "place_of", "storage_for"]
