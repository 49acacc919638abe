"""Which place a destination means, by the settings of this machine."""

from pathlib import Path

from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.models import Destination
from servicedesk.backups.storages.base import Storage
from servicedesk.backups.storages.local import LocalFolder


def place_of(destination: str) -> str:
    """Return where it is, for people; without asking anybody whether it is there."""
    if destination == Destination.FOLDER:
        return str(settings.BACKUP_DIR)
    place = f"{settings.BACKUP_S3_BUCKET}/{settings.BACKUP_S3_PREFIX}".strip("/")
    return f"{place} ({settings.BACKUP_S3_ENDPOINT or 'Amazon S3'})"


def storage_for(destination: str) -> Storage:
    """Return the place; BackupError(SETTINGS) if it is not set up here."""
    if destination == Destination.FOLDER:
        return LocalFolder(Path(settings.BACKUP_DIR))
    # Loaded where it is used: it takes half a second and many megabytes.
    from servicedesk.backups.storages.s3 import S3  # noqa: PLC0415

    given = {
        "bucket": settings.BACKUP_S3_BUCKET,
        "access_key": settings.BACKUP_S3_ACCESS_KEY,
        "secret_key": settings.BACKUP_S3_SECRET_KEY,
    }
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise BackupError(
            errors.SETTINGS, ", ".join(f"BACKUP_S3_{name.upper()}" for name in missing)
        )
    return S3(
        **given,
        endpoint=settings.BACKUP_S3_ENDPOINT,
        region=settings.BACKUP_S3_REGION,
        prefix=settings.BACKUP_S3_PREFIX,
    )
