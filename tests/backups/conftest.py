"""A desk whose backups go to a folder of the test, and whose people are named."""

import pytest
from django.db import connection

from servicedesk.backups.models import Recipient
from servicedesk.backups.sealed import make_identity
from tests.backups.ways import TABLES
from tests.desk import committed, desk
from tests.factories import NOW, UserFactory

__all__ = ["committed", "desk"]


@pytest.fixture
def places(settings, tmp_path):
    """Give the folders: where backups go, and what goes into them besides the database."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.AUDIT_SEALS_DIR = tmp_path / "seals"
    settings.ERASURES_DIR = tmp_path / "erasures"
    settings.BACKUP_IDENTITY_FILE = ""
    for name, text in {
        "media/2026/a.bin": "sealed attachment",
        "media/2026/b.bin": "another one",
        "seals/seals-2026-03.jsonl": "{}\n",
        "erasures/erasures-2026.jsonl": "{}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def real(committed, places):
    """Give a desk whose rows are really there: pg_dump sees nothing else."""
    yield places
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")


@pytest.fixture
def keyholders():
    """Give the private keys of Anna and Bo, whose public halves are recipients."""
    pairs = {name: make_identity() for name in ("Anna", "Bo")}
    Recipient.objects.bulk_create(
        Recipient(name=name, key=public, added_at=NOW)
        for name, (_private, public) in pairs.items()
    )
    return {name: private for name, (private, _public) in pairs.items()}


@pytest.fixture
def anna(request):
    """Anna looks after the system."""
    request.getfixturevalue("committed" if "real" in request.fixturenames else "desk")
    return UserFactory(display_name="Anna", role="administrator")
