"""A real worker that is killed in the middle of a backup; beat, the broker and a second try."""

import json
import shutil
import time
from pathlib import Path

import psycopg2
import pytest

from tests.browser.stack import Stack
from tests.worker.test_jobs import empty_the_broker, wait_until

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.xdist_group("worker"),
]
KEYS = """
from django.utils.timezone import now
from servicedesk.backups.demo import load_keys
print(load_keys(now=now()))
"""
# A table that holds no rows itself: only pg_dump waits for it.
HOLDABLE = "CREATE TABLE IF NOT EXISTS held (n integer) PARTITION BY RANGE (n)"
HELD = "LOCK TABLE held IN ACCESS EXCLUSIVE MODE"


@pytest.fixture(scope="module")
def stack():
    """A desk without processes: each test starts the workers that it needs."""
    with Stack(parts=(), demo=False, speed=1) as running:
        running.manage("shell", "-c", KEYS)
        running.ask(HOLDABLE)
        yield running


@pytest.fixture(autouse=True)
def _calm(stack):
    yield
    stack.stop()
    empty_the_broker(stack)
    stack.ask("TRUNCATE backups_backup, backups_drill CASCADE")
    shutil.rmtree(Path(stack.folder) / "backups", ignore_errors=True)


def rows(stack):
    return stack.ask("SELECT state, error FROM backups_backup ORDER BY id")


def files(stack):
    folder = Path(stack.folder) / "backups"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_backup_asked_for_is_made_by_a_worker_and_opened_for_a_trial(stack):
    stack.manage("backup", "--note", "a try")
    stack.run("jobs")
    stack.run("beat")
    stack.run("worker", queues="celery")
    wait_until(lambda: rows(stack) == [("good", "")], 60)
    (manifest,) = stack.ask("SELECT manifest::text FROM backups_backup")[0]
    # The desk of a demonstration has a key of its own to try with.
    assert json.loads(manifest)["checked"] == "opened"
    assert files(stack) == ["database.dump.age", "files.tar.age", "manifest.json"]
    assert "Good" in stack.manage("backups")


def test_kill_9_in_the_middle_is_told_and_swept_and_the_next_one_is_made(stack):
    with psycopg2.connect(stack.database) as line, line.cursor() as cursor:
        # pg_dump waits for this table, so that the worker is surely in the middle.
        cursor.execute(HELD)
        stack.manage("backup")
        stack.run("jobs")
        wait_until(lambda: any(name.endswith(".new") for name in files(stack)))
        stack.kill("jobs")
        line.rollback()
    assert rows(stack) == [("running", "")]
    with pytest.raises(AssertionError, match="under way already"):
        stack.manage("backup")

    stack.ask("UPDATE backups_backup SET beat_at = beat_at - interval '2 minutes'")
    stack.run("beat")
    stack.run("worker", queues="celery")
    stack.run("jobs")
    wait_until(lambda: rows(stack) == [("failed", "lost")])
    wait_until(lambda: files(stack) == [])
    stack.manage("backup")
    wait_until(lambda: rows(stack)[-1] == ("good", ""), 60)


def test_a_worker_told_to_end_gives_the_backup_to_the_next(stack):
    with psycopg2.connect(stack.database) as line, line.cursor() as cursor:
        cursor.execute(HELD)
        stack.manage("backup")
        stack.run("jobs")
        wait_until(lambda: any(name.endswith(".new") for name in files(stack)))
        stack.processes["jobs"].terminate()
        deadline = time.monotonic() + 30
        while stack.processes["jobs"].poll() is None:
            assert time.monotonic() < deadline, "it did not let go"
            time.sleep(0.1)
        line.rollback()
    assert rows(stack) == [("due", "")]
    stack.processes.pop("jobs")
    stack.run("jobs")
    stack.run("beat")
    stack.run("worker", queues="celery")
    wait_until(lambda: rows(stack) == [("good", "")], 60)
    assert files(stack) == ["database.dump.age", "files.tar.age", "manifest.json"]
