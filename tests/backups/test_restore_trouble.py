"""A restore that cannot go on, or not even back: what is as it was, and what is said.

What refuses is the system: a folder that is a mount cannot be renamed, a disk that was
remounted cannot be written to, a database that somebody is in cannot be renamed.
"""

import re
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError

from servicedesk.backups import databases
from servicedesk.backups.restore import run
from tests.backups.disks import small_disk
from tests.backups.planting import server
from tests.backups.restoring import OLD, made, manage, restore, target

assert made
assert target  # fixtures
# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


@pytest.fixture
def old(target):
    """A database that people work with, and attachments that cannot be moved."""
    target.create(*OLD)
    target.media.mkdir(parents=True)
    with small_disk(target.media, mega=1):
        (target.media / "old.bin").write_text("of before")
        yield target


def is_as_before(target):
    assert target.all() == [target.name], "nothing is left beside"
    assert target.ask("SELECT count(*) FROM old_life") == 2
    assert (target.media / "old.bin").read_text() == "of before"
    assert [path.name for path in target.media.parent.iterdir()] == ["media"]


def somebody_comes(monkeypatch, target):
    """Let a client of the desk find the database when it has just been exchanged."""
    swapped, lines = run.swap_folder, []

    def swap_folder(*given):
        lines.append(psycopg2.connect(**target.database.facts))
        return swapped(*given)

    monkeypatch.setattr(run, "swap_folder", swap_folder)
    monkeypatch.setattr(databases, "WAIT_SECONDS", 1.0)
    return lines


# --- back again ---


def test_attachments_that_cannot_be_moved_leave_everything_as_it_was(made, old):
    with pytest.raises(CommandError, match="Device or resource busy"):
        restore(made, old, f"--overwrite={old.name}")
    is_as_before(old)


def test_a_fresh_place_stays_fresh(made, target):
    target.media.mkdir(parents=True)
    with small_disk(target.media, mega=1):
        (target.media / "old.bin").write_text("of before")
        with pytest.raises(CommandError, match="Device or resource busy"):
            restore(made, target)
        assert target.all() == []
        assert [path.name for path in target.media.parent.iterdir()] == ["media"]


def test_who_came_in_meanwhile_is_cut_off_where_that_was_asked_for(
    made, old, monkeypatch
):
    lines = somebody_comes(monkeypatch, old)
    with pytest.raises(CommandError, match="Device or resource busy"):
        restore(made, old, f"--overwrite={old.name}", "--send-away")
    with closing(lines[0]), pytest.raises(psycopg2.OperationalError):
        lines[0].cursor().execute("SELECT 1")
    is_as_before(old)


# --- neither on nor back ---


@pytest.fixture
def stranded(made, old, monkeypatch):
    """What is said when the attachments and then the database cannot be renamed."""
    lines = somebody_comes(monkeypatch, old)
    with pytest.raises(CommandError) as stopped:
        restore(made, old, f"--overwrite={old.name}")
    for line in lines:
        line.close()
    monkeypatch.undo()
    return str(stopped.value)


def test_it_is_said_how_things_stand_and_the_way_back_is_one(stranded, old):
    assert "Device or resource busy" in stranded
    assert "Let nobody work yet" in stranded
    assert f"- {old.name} is the restored database." in stranded
    [before] = [name for name in old.all() if "_before_" in name]
    assert f"- {before} is the database of before." in stranded
    assert old.ask("SELECT subject FROM tickets_ticket") == "The kettle"
    assert (old.media / "old.bin").read_text() == "of before"
    [kept] = old.media.parent.glob("media.restored-*")
    assert f"- {kept} holds the attachments of the backup." in stranded
    assert (kept / "2026/a.bin").read_text() == "sealed attachment"

    for statement in re.findall("ALTER DATABASE .*;", stranded):
        server(statement)
    assert old.ask("SELECT count(*) FROM old_life") == 2


def test_the_way_on_is_one_too(stranded, made, old):
    [kept] = old.media.parent.glob("media.restored-*")
    assert f"mv {kept} {old.media}" in stranded
    assert "the same command with --finish" in stranded
    said = restore(made, old, "--finish")
    assert "audit.seal: seals" in said
    assert "What to do now" in said
    assert "The audit log is whole." in manage(old, "verify_audit")


def test_attachments_of_before_that_cannot_be_put_back_are_named(
    made, target, monkeypatch
):
    """The disk becomes read-only between the first rename and the second."""
    target.create(*OLD)
    home = target.media.parent
    home.mkdir(parents=True)
    moved, rename = [], Path.rename

    def remounted(self, to):
        done = rename(self, to)
        if not moved:
            moved.append(to)
            subprocess.run(["mount", "-o", "remount,ro", home], check=True)
        return done

    with small_disk(home, mega=8):
        target.media.mkdir()
        (target.media / "old.bin").write_text("of before")
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", remounted)
            with pytest.raises(CommandError, match="Read-only file system") as stopped:
                restore(made, target, f"--overwrite={target.name}")
        subprocess.run(["mount", "-o", "remount,rw", home], check=True)
        assert f"mv {moved[0]} {target.media}" in str(stopped.value)
        assert (moved[0] / "old.bin").read_text() == "of before"
        assert target.all() == [target.name]
        assert target.ask("SELECT count(*) FROM old_life") == 2


# --- what follows ---


def test_a_last_step_that_failed_is_done_again_and_bears_that(made, target, real):
    """The place of the seals is read-only at that moment."""
    target.create(*OLD)
    words = [f"--overwrite={target.name}"]
    with small_disk(real / "seals", mega=4, keep=True) as seals:
        before = sum(path.stat().st_size for path in seals.iterdir())
        subprocess.run(["mount", "-o", "remount,ro", seals], check=True)
        told = []
        with pytest.raises(CommandError, match="the same command with --finish"):
            restore(made, target, *words, told=told)
        [before_it] = [name for name in target.all() if "_before_" in name]
        assert f"The database of before is {before_it}" in told[0]
        assert target.ask("SELECT subject FROM tickets_ticket") == "The kettle"
        with pytest.raises(CommandError, match="the same command with --finish"):
            restore(made, target, *words, "--finish")

        subprocess.run(["mount", "-o", "remount,rw", seals], check=True)
        said = restore(made, target, *words, "--finish")
        assert "audit.set_back: kept" in said
        assert "What to do now" in said
        kept = list(seals.glob("*.before-*"))
        assert sum(path.stat().st_size for path in kept) == before
        assert "The audit log is whole." in manage(target, "verify_audit")

        restore(made, target, *words, "--finish")
        assert "The audit log is whole." in manage(target, "verify_audit")


def test_only_what_this_backup_came_back_as_is_finished(made, target, real):
    target.create(*OLD)
    copies = sorted(path.name for path in (real / "seals").iterdir())
    with pytest.raises(CommandError, match="nothing to finish"):
        restore(made, target, "--finish")
    assert sorted(path.name for path in (real / "seals").iterdir()) == copies
