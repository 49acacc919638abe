"""What goes wrong in the middle: nothing that claims to be whole, and words for it."""

import os
import resource
import stat
import tempfile
from pathlib import Path

import boto3
import pytest
from django.conf import settings
from django.db import connection

from servicedesk.backups import errors, pulse, snapshot
from servicedesk.backups.actions.runs import stop as stop_run
from servicedesk.backups.dump import Dump
from servicedesk.backups.models import Backup, BackupState, Destination
from servicedesk.backups.pulse import Pulse
from servicedesk.backups.storages import storage_for
from servicedesk.backups.words import error_of
from servicedesk.core.models import Notification
from tests.backups.disks import small_disk
from tests.backups.server import s3_server
from tests.backups.ways import back_up, left_over, work
from tests.desk import at_once, fresh
from tests.factories import NOW, UserFactory

MARKER = "marker-d41d8cd98f00b204"
BALLAST = """
CREATE TABLE IF NOT EXISTS ballast (said text);
TRUNCATE ballast;
INSERT INTO ballast SELECT %s || string_agg(md5(n::text || i::text), '')
FROM generate_series(1, %s) n, generate_series(1, 32) i GROUP BY n
"""


@pytest.fixture
def heavy(real, keyholders):
    """Give a database of some megabytes: more than all buffers on the way hold."""
    with connection.cursor() as cursor:
        cursor.execute(BALLAST, [MARKER, 12_000])
    yield real
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ballast")


def failed(code):
    row = Backup.objects.get()
    assert (row.state, row.error) == (BackupState.FAILED, code)
    assert left_over() == []
    assert row.swept
    return row


def in_the_middle(monkeypatch, act, after=1_000_000):
    """Do something once, when so many bytes of the dump have been read."""
    read, so_far = Dump.read, [0]

    def counted(self, size=-1):
        data = read(self, size)
        if so_far[0] < after <= so_far[0] + len(data):
            act(self)
        so_far[0] += len(data)
        return data

    monkeypatch.setattr(Dump, "read", counted)


def test_a_full_disk(heavy):
    """A limit, not a disk: the system refuses to let any file grow, for anybody, anywhere."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        back_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    row = failed(errors.FULL)
    assert "no room left" in error_of(row.error)
    assert back_up().state == BackupState.GOOD


def test_a_full_disk_leaves_earlier_ones_alone(heavy, tmp_path, settings):
    disk = tmp_path / "disk"
    disk.mkdir()
    settings.BACKUP_DIR = disk / "backups"
    with small_disk(disk, mega=9):
        good = back_up()
        assert good.state == BackupState.GOOD
        before = left_over()
        second = back_up()
        assert (second.state, second.error) == (BackupState.FAILED, errors.FULL)
        assert "No space left on device" in second.detail
        assert "earlier ones are untouched" in error_of(second.error)
        assert left_over() == before


def test_pg_dump_is_killed(heavy, monkeypatch):
    in_the_middle(monkeypatch, lambda running: running.kill())
    back_up()
    row = failed(errors.DUMP)
    assert "nothing of it was kept" in error_of(row.error)


def test_the_database_lets_the_connections_go(heavy, monkeypatch):
    def cut(_running):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'pg_dump' AND datname = current_database()"
            )

    in_the_middle(monkeypatch, cut)
    back_up()
    assert "ballast" in failed(errors.DUMP).detail


def test_it_is_stopped_from_the_page(heavy, monkeypatch):
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    anna = UserFactory(display_name="Anna", role="administrator")

    def stop(running):
        row = Backup.objects.get()
        stop_run(run=row, by=anna, now=NOW)
        running._process.wait(20)  # until the pulse has heard of it

    in_the_middle(monkeypatch, stop)
    back_up()
    failed(errors.CANCELLED)
    assert not Notification.objects.filter(kind="backups.failed").exists()


def test_a_worker_that_has_to_end_lets_the_next_one_begin_anew(heavy, monkeypatch):
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    told = []
    in_the_middle(
        monkeypatch,
        lambda running: (told.append(1), running._process.wait(20)),
    )
    row = back_up_ending(lambda: bool(told))
    assert row.state == BackupState.DUE
    monkeypatch.setattr(Dump, "read", lambda self, size=-1: self._stream.read(size))
    work()
    assert fresh(row).state == BackupState.GOOD
    assert len(left_over()) == 3


def back_up_ending(ending):
    from servicedesk.backups.actions.asking import ask_for_backup  # noqa: PLC0415

    row = ask_for_backup(by=None, now=NOW)
    work(ending=ending)
    return fresh(row)


def test_people_are_told_of_a_failure_once(heavy, monkeypatch):
    anna = UserFactory(display_name="Anna", role="administrator")
    UserFactory(display_name="Wang Fang", role="agent")
    in_the_middle(monkeypatch, lambda running: running.kill())
    back_up()
    told = Notification.objects.filter(kind="backups.failed")
    assert [row.user for row in told] == [anna]


@pytest.fixture
def old_program(tmp_path, settings):
    folder = tmp_path / "programs"
    folder.mkdir()
    script = folder / "pg_dump"
    script.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.4'\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    settings.POSTGRES_PROGRAMS_DIR = str(folder)
    return script


def test_a_pg_dump_that_is_too_old(real, keyholders, old_program):
    back_up()
    row = failed(errors.OLD_PROGRAM)
    assert "15.4" in row.detail


def test_no_pg_dump_at_all(real, keyholders, old_program):
    old_program.unlink()
    back_up()
    row = failed(errors.NO_PROGRAM)
    assert "Install the client programs of PostgreSQL" in error_of(row.error)


def test_a_recipient_less_while_it_waits(real, keyholders):
    from servicedesk.backups.actions.asking import ask_for_backup  # noqa: PLC0415
    from servicedesk.backups.models import Recipient  # noqa: PLC0415

    ask_for_backup(by=None, now=NOW)
    Recipient.objects.filter(name="Bo").update(active=False, ended_at=NOW)
    work()
    row = failed(errors.RECIPIENTS)
    assert "Fewer than two recipients are active" in error_of(row.error)


def test_two_workers_at_once_make_one(heavy):
    from servicedesk.backups.actions.asking import ask_for_backup  # noqa: PLC0415

    ask_for_backup(by=None, now=NOW)
    taken = at_once(work, work)
    assert sum(row is not None for row in taken) == 1
    assert Backup.objects.get().state == BackupState.GOOD


def test_nothing_is_clear_on_disk_or_in_the_list_of_processes(
    heavy, monkeypatch, tmp_path
):
    """Looked at in the middle and at the end: all files, and all command lines."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (Path(settings.MEDIA_ROOT) / "2026" / "c.bin").write_text(MARKER)
    password = connection.settings_dict["PASSWORD"]
    seen = []

    def look(_running=None):
        places = [temporary, Path(settings.BACKUP_DIR)]
        files = [p for place in places for p in place.rglob("*") if p.is_file()]
        seen.append(len(files))
        assert not [p for p in files if MARKER.encode() in p.read_bytes()]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            assert MARKER.encode() not in line
            assert b"pg_dump" not in line or password.encode() not in line

    in_the_middle(monkeypatch, look)
    assert back_up().state == BackupState.GOOD
    look()
    assert password
    assert seen == [1, 3]


def test_a_file_that_vanishes_is_counted_and_one_that_cannot_be_read_is_told(
    real, keyholders, monkeypatch
):
    kept = os.open
    gone = str(Path(settings.MEDIA_ROOT).resolve() / "2026" / "a.bin")

    def vanish(path, *rest, **other):
        if str(path) == gone:
            raise FileNotFoundError(2, "No such file or directory")
        return kept(path, *rest, **other)

    monkeypatch.setattr("servicedesk.backups.files.os.open", vanish)
    made = back_up()
    assert (made.manifest["files"]["count"], made.manifest["files"]["missing"]) == (
        3,
        1,
    )


def test_s3_goes_away_in_the_middle(heavy, monkeypatch, settings):
    with s3_server() as address:
        use(settings, address)
        in_the_middle(monkeypatch, lambda _running: address.process.kill())
        back_up(destination=Destination.S3)
        row = Backup.objects.get()
        assert (row.state, row.error) == (BackupState.FAILED, errors.STORAGE)
        # What is left there cannot be removed yet: it is tried again.
        assert not row.swept


def test_a_whole_backup_in_s3(heavy, settings, keyholders):
    settings.BACKUP_IDENTITY_FILE = str(Path(settings.BACKUP_DIR).parent / "bo.txt")
    Path(settings.BACKUP_IDENTITY_FILE).write_text(keyholders["Bo"])
    with s3_server() as address:
        use(settings, address)
        row = back_up(destination=Destination.S3)
        assert (row.state, row.error) == (BackupState.GOOD, "")
        assert row.manifest["checked"] == "opened"
        there = {one.name: one.size for one in storage_for("s3").list(row.name)}
        assert len(there) == 3
        assert sum(there.values()) == row.size
        assert left_over() == []


def use(settings, address):
    settings.BACKUP_S3_ENDPOINT = str(address)
    settings.BACKUP_S3_BUCKET = "kept"
    settings.BACKUP_S3_REGION = "us-east-1"
    settings.BACKUP_S3_ACCESS_KEY = settings.BACKUP_S3_SECRET_KEY = "somebody"
    boto3.client(
        "s3",
        endpoint_url=str(address),
        region_name="us-east-1",
        aws_access_key_id="somebody",
        aws_secret_access_key="somebody",
    ).create_bucket(Bucket="kept")


def test_s3_that_is_not_set_up_is_told(real, keyholders):
    back_up(destination=Destination.S3)
    row = Backup.objects.get()
    assert (row.state, row.error) == (BackupState.FAILED, errors.SETTINGS)
    assert "BACKUP_S3_BUCKET" in row.detail


def test_the_trial_with_a_key_of_ours_notices_what_the_disk_changed(
    real, keyholders, settings, monkeypatch
):
    settings.BACKUP_IDENTITY_FILE = str(Path(settings.BACKUP_DIR).parent / "anna.txt")
    Path(settings.BACKUP_IDENTITY_FILE).write_text(keyholders["Anna"])

    def spoil(_self, step):
        if step == "checking":
            path = next(Path(settings.BACKUP_DIR).glob("*/database.dump.age"))
            data = bytearray(path.read_bytes())
            data[-5] ^= 1
            path.write_bytes(data)

    monkeypatch.setattr(Pulse, "at", spoil)
    back_up()
    row = Backup.objects.get()
    assert (row.state, row.error) == (BackupState.FAILED, errors.TRIAL)
    assert left_over() == []


def test_a_table_that_is_held_is_waited_for_a_while_and_no_longer(heavy, monkeypatch):
    monkeypatch.setattr(snapshot, "LOCK_WAIT", "1s")
    from tests.desk import while_open  # noqa: PLC0415

    def hold():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ballast IN ACCESS EXCLUSIVE MODE")

    while_open(hold, back_up, passes_by=True)
    row = failed(errors.HELD)
    assert "held by somebody else" in error_of(row.error)
