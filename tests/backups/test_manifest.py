"""What lies in clear beside the parts: signed, and without a name of anybody."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import unpack
from servicedesk.backups.reading import read_manifest
from servicedesk.backups.storages import storage_for
from servicedesk.core.encryption.keys import reload_keys
from tests.backups.ways import back_up
from tests.factories import TicketFactory, UserFactory


@pytest.fixture
def made(real, keyholders):
    """Give a backup of a desk with one customer."""
    TicketFactory(name="张伟", contact="zhang.wei@example.com")
    return back_up()


def path_of(row):
    return Path(settings.BACKUP_DIR) / row.name / "manifest.json"


def test_it_names_no_customer_no_file_and_no_recipient(made):
    text = path_of(made).read_text()
    for word in ("张伟", "zhang.wei", "a.bin", "seals-2026", "Anna", 'Bo"'):
        assert word not in text
    assert json.loads(text) == made.manifest


def test_every_table_is_counted_and_every_key_is_marked(made):
    manifest = read_manifest(storage_for("folder"), made.name)
    assert manifest.tables["public.customers_customer"]["rows"] == 1
    assert {key["kind"] for key in manifest.keys} == {"field", "index"}
    assert all(len(key["mark"]) == 8 for key in manifest.keys)
    assert manifest.facts["audit.seal"]["number"] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"rows": 1', '"rows": 0'),
        ('"checked": "digest"', '"checked": "opened"'),
        ('"signed_by": 1', '"signed_by": true'),
        ('"format": 1', '"format": 2'),
    ],
)
def test_an_edited_one_is_refused(made, before, after):
    text = path_of(made).read_text()
    assert before in text
    with pytest.raises(BackupError) as refused:
        unpack(text.replace(before, after, 1).encode())
    assert refused.value.code == errors.MANIFEST


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"signature": 1}'])
def test_what_makes_no_sense_is_refused(desk, data):
    with pytest.raises(BackupError) as refused:
        unpack(data)
    assert refused.value.code == errors.MANIFEST


def test_the_manifest_of_another_backup_is_refused(made):
    other = path_of(made).read_bytes()
    with pytest.raises(BackupError) as refused:
        unpack(other, name="20200101T000000Z-1")
    assert refused.value.code == errors.MANIFEST


def test_without_the_key_that_signed_it_nobody_can_say(made, tmp_path, settings):
    folder = tmp_path / "other-keys"
    folder.mkdir()
    for path in Path(settings.FIELD_KEYS_DIR).glob("*.key"):
        name = path.name.replace("field-1", "field-2")
        (folder / name).write_bytes(path.read_bytes())
    settings.FIELD_KEYS_DIR = folder
    reload_keys()
    with pytest.raises(BackupError) as refused:
        read_manifest(storage_for("folder"), made.name)
    assert (refused.value.code, refused.value.detail) == (errors.KEYS, "field-1.key")


def test_somebody_asked_for_it(real, keyholders):
    anna = UserFactory(display_name="Anna", role="administrator")
    assert back_up(by=anna, note="before the upgrade").asked_by == anna
