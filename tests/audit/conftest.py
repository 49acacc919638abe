"""The people and the desk that these tests work with."""

import shutil

import pytest
from django.db import transaction

from tests.audit.ways import sealed_log, unguard
from tests.desk import committed, desk, li, ticket, wang, zhao

__all__ = ["committed", "desk", "li", "ticket", "wang", "zhao"]


@pytest.fixture(scope="module")
def log(django_db_setup, django_db_blocker, tmp_path_factory):
    with sealed_log(django_db_blocker, tmp_path_factory.mktemp("seals")) as people:
        yield people


@pytest.fixture
def tampering(log, tmp_path, settings):
    """Let a test do what it likes, with no trigger awake; all is undone after it."""
    copy = tmp_path / "seals"
    shutil.copytree(settings.AUDIT_SEALS_DIR, copy)
    settings.AUDIT_SEALS_DIR = copy
    with transaction.atomic():
        unguard()
        yield
        transaction.set_rollback(True)
