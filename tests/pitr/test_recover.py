"""A mistake at noon: the desk as it was a second before, on a second cluster."""

import os
import subprocess

import pytest

from tests.pitr.ground import Ground, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("pitr"),
]


@pytest.fixture(scope="module")
def story(tool):
    """Wang before the first backup, Li after the second; both deleted; then Zhao."""
    with Ground(tool) as ground:
        ground.query("CREATE TABLE customers (id serial PRIMARY KEY, name text)")
        ground.add("Wang")
        ground.must("pitr.sh", "begin")
        ground.add("Chen")
        ground.must("pitr.sh", "backup", "incr")
        ground.wait_for_the_next_second()
        ground.add("Li")
        ground.before_the_mistake = ground.now()
        ground.query("DELETE FROM customers")
        ground.add("Zhao")
        assert "ok: the journal arrives" in ground.must("pitr.sh", "check")
        yield ground


def test_what_was_deleted_is_there_and_what_came_later_is_not(story):
    folder = story.new_folder("noon")

    said = story.must("recover.sh", "to", story.before_the_mistake, folder)

    assert "RECOVERED to" in said
    assert story.names_in(folder) == "Wang Chen Li"
    assert story.names() == "Zhao", "the desk itself goes on untouched"


def test_all_that_the_repository_holds(story):
    folder = story.new_folder("all")

    story.must("recover.sh", "to", "latest", folder)

    assert story.names_in(folder) == "Zhao"


def test_a_zone_is_part_of_a_time(story):
    """The same second as a clock in Shanghai shows it."""
    shanghai = story.query(
        f"SELECT (timestamptz '{story.before_the_mistake}' AT TIME ZONE 'Asia/Shanghai')"
        " || '+08'"
    )
    folder = story.new_folder("shanghai")

    story.must("recover.sh", "to", shanghai, folder)

    assert story.names_in(folder) == "Wang Chen Li"


def test_what_was_recovered_is_looked_at_and_not_changed(story):
    folder = story.new_folder("shown")
    story.must("recover.sh", "to", "latest", folder)

    done = story.run(
        *("recover.sh", "look", folder, story.programs / "psql", "-XAtc"),
        "INSERT INTO customers (name) VALUES ('Qian')",
    )

    assert done.returncode != 0
    assert "read-only" in done.stderr
    assert story.names_in(folder) == "Zhao"


@pytest.mark.parametrize(
    ("time", "why"),
    [
        ("2026-03-04 11:22:33", "with its zone"),
        ("yesterday", "with its zone"),
        ("2026-02-30 11:22:33Z", "There is no time"),
        ("2999-03-04 11:22:33+08:00", "has not come yet"),
        ("2020-03-04 11:22:33+08:00", "no backup from before that second"),
    ],
)
def test_a_second_that_cannot_be_is_refused_before_anything_is_made(story, time, why):
    folder = story.new_folder("never")

    done = story.run("recover.sh", "to", time, folder)

    assert done.returncode == 2
    assert why in done.stderr
    assert not folder.exists()


def test_nothing_is_ever_overwritten(story):
    before = story.now()
    done = story.run("recover.sh", "to", story.before_the_mistake, story.cluster)
    assert done.returncode == 2
    assert "is not empty. Nothing was touched" in done.stderr
    assert story.names() == "Zhao"
    assert story.now() > before

    done = story.run("pitr.sh", "secret", story.room / "conf.d/cipher.conf")
    assert done.returncode == 2
    assert "could never be read again" in done.stderr


def test_a_second_that_is_not_put_away_yet_is_told_with_the_last_that_is(story):
    story.must("pitr.sh", "check")
    folder = story.new_folder("soon")

    done = story.run("recover.sh", "to", story.now(), folder)

    assert done.returncode == 1
    assert "NOT RECOVERED" in done.stderr
    assert "What can be read of the journal ends before it" in done.stderr
    assert "The last change that can be had: 20" in done.stderr
    assert "missing" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="this is about root")
def test_root_is_sent_to_the_user_of_the_database(story):
    done = subprocess.run(
        [story.path / "recover.sh", "to", "latest", story.new_folder("root")],
        env=story.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "not as root" in done.stderr


def test_the_repository_shows_nobody_a_customer(story):
    """Neither in its files nor in a name, and the passphrase is on no command line."""
    phrase = story.must("sed", "-n", "s/.*pass=//p", "conf.d/cipher.conf").strip()
    assert len(phrase) == 64
    everything = b"".join(
        path.read_bytes() for path in story.repository.rglob("*") if path.is_file()
    )
    for word in ("Wang", "customers", phrase):
        assert word.encode() not in everything
    assert phrase not in (story.path / "log").read_text()

    other = story.room / "other"
    story.must("mkdir", other)
    story.must("sh", "-c", f"tr A-Za-z B-ZAb-za <conf.d/cipher.conf >{other}/c.conf")
    done = story.run(
        *("recover.sh", "to", "latest", story.new_folder("thief")),
        PGBACKREST_CONFIG_INCLUDE_PATH=str(other),
    )
    assert done.returncode != 0
    assert not story.new_folder("thief").exists()


def test_the_desk_goes_on_with_what_was_recovered(ground):
    """The journal begins a new line in the same repository, and can be recovered too."""
    ground.add("Wang")
    before = ground.now()
    ground.query("DELETE FROM customers")
    ground.add("Qian")
    cut_off = ground.now()
    ground.add("Sun")
    ground.must("pitr.sh", "check")
    folder = ground.new_folder("taken")
    ground.must("recover.sh", "to", before, folder)

    ground.stop()
    assert "can be the desk's cluster" in ground.must("recover.sh", "take", folder)
    ground.configure(pg1_path=folder)
    ground.start(folder)
    ground.add("Li")
    later = ground.now()
    ground.add("Zhao")
    said = ground.must("pitr.sh", "check")
    assert "ok: the journal arrives" in said
    assert ground.query("SELECT timeline_id FROM pg_control_checkpoint()") == 2

    again = ground.new_folder("again")
    ground.must("recover.sh", "to", later, again)
    assert ground.names_in(again) == "Wang Li"
    other = ground.new_folder("other")
    ground.must("recover.sh", "to", cut_off, other, "--target-timeline=1")
    assert ground.names_in(other) == "Qian", "what was cut off can still be had"

    ground.must("pitr.sh", "backup", "incr")
    said = ground.must("pitr.sh", "check", "--all")
    assert "ALARM" not in said
    assert "every file of the repository can be read" in said


def test_a_backup_is_taken_when_it_is_due(ground):
    assert "No backup is due" in ground.must("pitr.sh", "due")

    said = ground.must("pitr.sh", "due", PITR_EVERY_HOURS="0")
    assert "taken (incr)" in said
    said = ground.must("pitr.sh", "due", PITR_FULL_HOURS="0")
    assert "taken (full)" in said

    late = ground.run("pitr.sh", "check", PITR_EVERY_HOURS="-3")
    assert late.returncode == 1
    assert "ALARM: the newest backup ended" in late.stdout


def test_the_keeper_marks_each_check_that_passed(ground):
    good = ground.room / "good"
    keeper = ground.spawn("pitr.sh", "keep")
    try:
        wait_until(good.exists)
    finally:
        keeper.terminate()
        keeper.wait(60)
