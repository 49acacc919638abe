from customers.models import ErasureLedger
from servicedesk.backups import errors, files
from servicedesk.backups.manifest import FILES
from servicedesk.backups.models import BackupState
from servicedesk.backups.reading import opened, read_manifest
from servicedesk.backups.storages import storage_for
from servicedesk.backups.words import error_of
from tests.backups.ways import back_up, left_over, listing
from tests.factories import TicketFactory


def test_a_backup_holds_one_moment_of_everything(real, keyholders, tmp_path):
    TicketFactory(name="张伟", contact="zhang.wei@example.com")
    made = back_up()

    assert (made.state, made.error) == (BackupState.GOOD, "")
    assert made.name == f"20260304T020000Z-{made.pk}"
    assert left_over() == [
        f"{made.name}/database.dump.age",
        f"{made.name}/files.tar.age",
        f"{made.name}/manifest.json",
    ]
    storage = storage_for(made.destination)
    manifest = read_manifest(storage, made.name)
    assert manifest.tables["public.tickets_ticket"]["rows"] == 1
    # Nobody can empty the ledger, tests neither.
    erased = ErasureLedger.objects.count()
    assert manifest.facts["customers.erasures"]["count"] == erased
    assert manifest.migrations["backups"] == "0002_roles"
    assert made.size == sum(one.size for one in storage.list(made.name))
    for identity in keyholders.values():
        assert "TABLE DATA public tickets_ticket" in listing(made, identity)

    with opened(
        storage=storage,
        backup=made.name,
        part=manifest.part(FILES),
        identities=[keyholders["Bo"]],
    ) as stream:
        found = files.unpack(stream, tmp_path / "back")
    assert found == manifest.files
    assert found.count == 4
    assert (tmp_path / "back/media/2026/a.bin").read_text() == "sealed attachment"


def test_what_a_link_stands_for_is_not_left_out_without_a_word(real, keyholders):
    """Somebody moved a year to another disk: a backup without it would not be whole."""
    (real / "media/2026").rename(real / "another disk")
    (real / "media/2026").symlink_to(real / "another disk")
    made = back_up()
    assert (made.state, made.error) == (BackupState.FAILED, errors.FILES)
    assert "a link below media" in error_of(made.error, made.detail)
    assert left_over() == []
