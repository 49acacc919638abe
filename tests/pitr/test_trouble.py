"""A repository that is full, away, damaged or has a hole: said plainly, in time."""

import os
import subprocess
import time

import pytest

from servicedesk.backups import archiving
from servicedesk.backups.archiving import State
from tests.pitr.ground import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("pitr"),
]


def pieces(ground):
    """Return the files of the journal in the repository, oldest first."""
    found = (ground.repository / "archive/desk").rglob("*-*.zst")
    return sorted(found, key=lambda path: path.name)


def seen(ground):
    with ground.cursor() as cursor:
        return archiving.asked(cursor)


@pytest.fixture
def journal(ground):
    """Wang, Li and Zhao, each in a piece of the journal of their own."""
    ground.times = {}
    for name in ("Wang", "Li", "Zhao", "Qian"):
        ground.add(name)
        ground.times[name] = ground.now()
        ground.must("pitr.sh", "check")
    return ground


def piece_of(ground, name):
    """Return the file of the piece in which this customer was written."""
    before = {"Li": "Wang", "Zhao": "Li", "Qian": "Zhao"}[name]
    number = 1 + list(ground.times).index(name)
    assert before
    return pieces(ground)[-(len(ground.times) - number) - 1]


def test_a_damaged_piece_ends_the_recovery_with_a_verdict(journal):
    piece = piece_of(journal, "Zhao")
    content = bytearray(piece.read_bytes())
    content[len(content) // 2] ^= 0xFF
    piece.write_bytes(content)

    done = journal.run(
        *("recover.sh", "to", journal.times["Zhao"], journal.new_folder("zhao"))
    )
    assert done.returncode == 1
    assert "NOT RECOVERED" in done.stderr
    assert "The last change that can be had: 20" in done.stderr
    assert f"The piece {piece.name[:24]} of the journal is damaged" in done.stderr

    folder = journal.new_folder("wang")
    journal.must("recover.sh", "to", journal.times["Wang"], folder)
    assert journal.names_in(folder) == "Wang"

    checked = journal.run("pitr.sh", "check", "--all")
    assert checked.returncode == 1
    assert "ALARM: the repository is damaged" in checked.stdout
    assert piece.name[:24] in checked.stdout


def test_a_missing_piece_is_found_and_healed_by_a_backup(journal):
    piece = piece_of(journal, "Zhao")
    piece.unlink()

    done = journal.run(
        *("recover.sh", "to", journal.times["Zhao"], journal.new_folder("zhao"))
    )
    assert done.returncode == 1
    before = pieces(journal)[-2].name[:24]
    assert f"The piece of the journal after {before} is missing" in done.stderr
    folder = journal.new_folder("rest")
    said = journal.must("recover.sh", "to", "latest", folder)
    assert f"The piece of the journal after {before} is missing" in said
    assert journal.names_in(folder) == "Wang Li"

    checked = journal.run("pitr.sh", "check")
    assert checked.returncode == 1
    assert "ALARM: pieces of the journal are missing after" in checked.stdout
    assert "taken (incr)" in journal.must("pitr.sh", "due")
    said = journal.must("pitr.sh", "check")
    assert "note: pieces of the journal are missing between" in said
    assert "No backup is due" in journal.must("pitr.sh", "due")
    # Backups end at whole seconds: one of the second that is asked for is not from before.
    time.sleep(1.1)
    journal.add("Sun")
    after = journal.now()
    journal.add("Zhou")
    journal.must("pitr.sh", "check")
    folder = journal.new_folder("healed")
    journal.must("recover.sh", "to", after, folder)
    assert journal.names_in(folder) == "Wang Li Zhao Qian Sun"


def test_a_damaged_backup_is_told_at_once(journal):
    bundle = max(
        (journal.repository / "backup/desk").rglob("bundle/*"),
        key=lambda path: path.stat().st_size,
    )
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 0xFF
    bundle.write_bytes(content)

    done = journal.run("recover.sh", "to", "latest", journal.new_folder("none"))

    assert done.returncode != 0
    assert "The backup could not be read" in done.stderr
    checked = journal.run("pitr.sh", "check", "--all")
    assert "ALARM: the repository is damaged" in checked.stdout


@pytest.fixture
def small(ground):
    """The repository on a small disk of its own, as far as this machine allows."""
    kept = ground.repository.with_name("kept")
    owner = ground.repository.stat()
    uid, gid = owner.st_uid, owner.st_gid
    ground.stop()
    ground.repository.rename(kept)
    ground.place.room("room/repository")
    mount = ["mount", "-t", "tmpfs", "-o", f"size=24m,uid={uid},gid={gid}", "tmpfs"]
    if (
        os.geteuid() != 0
        or subprocess.run([*mount, ground.repository], check=False).returncode
    ):
        pytest.skip("a disk of its own needs root")
    try:
        ground.must("cp", "-a", f"{kept}/.", ground.repository)
        ground.start()
        yield ground
    finally:
        ground.stop()
        subprocess.run(["umount", ground.repository], check=True)


def test_a_full_repository_stops_nobody_is_alarmed_and_made_good(small):
    filler = small.repository / "filler"
    small.run("dd", "if=/dev/zero", f"of={filler}", "bs=64k")

    small.add("Wang")
    small.close_pieces(3)
    wait_until(lambda: seen(small).state == State.FAILING)
    small.add("Li")
    assert small.names() == "Wang Li", "the desk goes on"
    state = seen(small)
    assert state.is_alarm
    assert state.waiting >= 3
    checked = small.run("pitr.sh", "check", PGBACKREST_ARCHIVE_TIMEOUT="2")
    assert checked.returncode == 1
    assert "ALARM: the journal does not arrive" in checked.stdout
    assert "No space left on device" in (small.path / "log").read_text()

    filler.unlink()
    small.close_pieces(1)  # wakes the archiver, which else looks again after a minute
    wait_until(lambda: seen(small).state == State.FINE, seconds=90)
    before = small.now()
    small.add("Zhao")
    small.must("pitr.sh", "check")
    folder = small.new_folder("made-good")
    small.must("recover.sh", "to", before, folder)
    assert small.names_in(folder) == "Wang Li"


def test_beyond_the_bound_pieces_are_given_up_and_a_backup_is_due(ground):
    """The disk of the database is kept from filling; what that costs is said."""
    ground.configure(archive_push_queue_max="40MiB")
    ground.add("Wang")
    ground.repository.rename(ground.repository.with_name("away"))
    ground.close_pieces(2)
    wait_until(lambda: seen(ground).state == State.FAILING)

    ground.close_pieces(4)
    wait_until(lambda: "dropped WAL file" in (ground.path / "log").read_text(), 150)
    ground.add("Li")
    assert ground.names() == "Wang Li", "the desk goes on"
    ground.repository.with_name("away").rename(ground.repository)

    checked = ground.run("pitr.sh", "check")
    assert checked.returncode == 1
    assert "ALARM: pieces of the journal are missing" in checked.stdout
    assert "taken (incr)" in ground.must("pitr.sh", "due")
    ground.wait_for_the_next_second()
    before = ground.now()
    ground.add("Zhao")
    ground.must("pitr.sh", "check")
    folder = ground.new_folder("after")
    ground.must("recover.sh", "to", before, folder)
    assert ground.names_in(folder) == "Wang Li"
