"""What a dead worker left: given up or kept, and always tidied."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from servicedesk.backups import errors
from servicedesk.backups.actions.looking import look_for_good_ones
from servicedesk.backups.actions.making import take_backup
from servicedesk.backups.actions.runs import stop
from servicedesk.backups.actions.sweeping import find_lost, sweep_failed
from servicedesk.backups.models import Backup, BackupState
from servicedesk.backups.pulse import LEASE
from servicedesk.core.models import Notification
from tests.backups.ways import back_up, left_over
from tests.desk import fresh
from tests.factories import DAY, MINUTE, NOW, UserFactory

LATER = NOW + LEASE + MINUTE


def as_if_running(row):
    """Let a good backup look as it does in its own dump: still being made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE backups_backup SET state = 'running', ended_at = NULL, manifest ="
            " NULL, size = 0, digest = '', holder = gen_random_uuid(), beat_at = %s"
            " WHERE id = %s",
            [NOW, row.pk],
        )


def test_who_still_gives_a_sign_of_life_is_left_alone(real, keyholders):
    as_if_running(back_up())
    assert find_lost(now=NOW + LEASE) == 0
    assert Backup.objects.get().state == BackupState.RUNNING


def test_half_a_backup_is_given_up_and_removed(real, keyholders):
    row = back_up()
    as_if_running(row)
    folder = Path(settings.BACKUP_DIR) / row.name
    (folder / "manifest.json").unlink()
    (folder / ".files.tar.age.0000.new").write_bytes(b"half")
    assert find_lost(now=LATER) == 1
    row = fresh(row)
    assert (row.state, row.error) == (BackupState.FAILED, errors.LOST)
    sweep_failed(now=LATER)
    assert left_over() == []
    assert fresh(row).swept
    assert back_up(LATER).state == BackupState.GOOD


def test_one_that_was_asked_to_stop_and_then_died_was_stopped(real, keyholders, anna):
    row = back_up()
    as_if_running(row)
    (Path(settings.BACKUP_DIR) / row.name / "manifest.json").unlink()
    stop(run=row, by=anna, now=NOW)
    assert find_lost(now=LATER) == 1
    assert fresh(row).error == errors.CANCELLED
    assert not Notification.objects.filter(kind="backups.failed").exists()


def test_one_that_had_written_its_manifest_is_whole_and_stays(real, keyholders):
    """So does the backup that a database was restored from: in it, it still runs."""
    before = back_up()
    as_if_running(before)
    files = left_over()
    assert find_lost(now=LATER) == 1
    after = fresh(before)
    assert (after.state, after.size, after.digest) == (
        BackupState.GOOD,
        before.size,
        before.digest,
    )
    assert after.manifest == before.manifest
    sweep_failed(now=LATER)
    assert left_over() == files


@pytest.mark.parametrize("spoil", ["shorter", "gone", "manifest"])
def test_a_manifest_alone_makes_nothing_whole(real, keyholders, spoil):
    row = back_up()
    as_if_running(row)
    folder = Path(settings.BACKUP_DIR) / row.name
    if spoil == "shorter":
        path = folder / "database.dump.age"
        path.write_bytes(path.read_bytes()[:-1])
    elif spoil == "gone":
        (folder / "files.tar.age").unlink()
    else:
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace('"rows": 0', '"rows": 1', 1))
    find_lost(now=LATER)
    assert fresh(row).error == errors.LOST
    before = left_over()
    sweep_failed(now=LATER)
    assert left_over() == before, "a person looks at it"


def test_a_good_one_that_somebody_removed_is_noticed(real, keyholders):
    first, second = back_up(), back_up(NOW + DAY)
    UserFactory(display_name="Anna", role="administrator")
    assert look_for_good_ones(now=NOW) == 0
    shutil.rmtree(Path(settings.BACKUP_DIR) / first.name)
    assert look_for_good_ones(now=NOW) == 1
    first = fresh(first)
    assert (first.state, first.error) == (BackupState.FAILED, errors.GONE)
    assert fresh(second).state == BackupState.GOOD
    assert Notification.objects.get(kind="backups.failed").ref == str(first.pk)


def test_a_disk_that_was_not_mounted_for_a_while_takes_nothing(real, keyholders):
    rows = [back_up(), back_up(NOW + DAY)]
    folder = Path(settings.BACKUP_DIR)
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    assert look_for_good_ones(now=NOW) == 2
    assert {fresh(row).error for row in rows} == {errors.GONE}
    sweep_failed(now=NOW)
    folder.rmdir()
    folder.with_name("elsewhere").rename(folder)
    assert look_for_good_ones(now=NOW) == 2
    assert {fresh(row).state for row in rows} == {BackupState.GOOD}


def test_after_a_restore_its_backup_stays_though_its_place_was_away(
    real, keyholders, monkeypatch
):
    row = back_up()
    as_if_running(row)
    kept, files = settings.BACKUP_DIR, left_over()
    monkeypatch.setattr(settings, "BACKUP_DIR", real / "not mounted yet")
    find_lost(now=LATER)
    assert fresh(row).error == errors.LOST
    monkeypatch.setattr(settings, "BACKUP_DIR", kept)
    sweep_failed(now=LATER)
    assert fresh(row).state == BackupState.GOOD
    assert left_over() == files


def test_what_cannot_be_removed_now_is_removed_later(real, keyholders, monkeypatch):
    row = back_up()
    as_if_running(row)
    (Path(settings.BACKUP_DIR) / row.name / "manifest.json").unlink()
    find_lost(now=LATER)
    kept = settings.BACKUP_DIR
    monkeypatch.setattr(settings, "BACKUP_DIR", real / "not mounted")
    assert sweep_failed(now=LATER) == 0
    monkeypatch.setattr(settings, "BACKUP_DIR", kept)
    assert sweep_failed(now=LATER) == 1
    assert left_over() == []


def test_nothing_is_taken_where_nothing_waits(desk):
    assert take_backup(holder=None, now=NOW) is None
