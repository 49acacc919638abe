"""What the scratch server or this machine is to blame for is not said of the backup.

Disks that are really full, a server and a program that really end in the middle.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.utils import translation

from servicedesk.backups import loading
from servicedesk.backups.databases import Database, drop, live
from servicedesk.backups.drill.run import make_drill
from servicedesk.backups.drill.words import Saved, sentence
from servicedesk.backups.programs import find_program
from servicedesk.backups.progress import Progress
from servicedesk.backups.storages.local import LocalFolder
from servicedesk.embedded.ports import LOOPBACK
from servicedesk.embedded.postgres import SUPERUSER
from tests.backups.disks import small_disk
from tests.backups.drills import scratch_databases
from tests.backups.whole import LATER, two
from tests.production.roles import as_superuser, own_server

assert two  # a fixture
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


@pytest.fixture
def other(settings):
    """A server for scratch databases beside the desk's own."""
    with own_server() as server:
        facts = {
            "host": LOOPBACK,
            "port": server.port,
            "user": SUPERUSER,
            "password": server.folder.password(SUPERUSER),
            "dbname": "postgres",
        }
        settings.DRILL_DATABASE_URL = Database(facts).url
        yield server


def drill(two, **other):
    return make_drill(
        **other,
        storage=LocalFolder(two[0].folder),
        name=two[0].name,
        identities=[two[0].identity],
        now=LATER,
    )


def left_on(server):
    with as_superuser(server) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ 'drill'")
        return cursor.fetchall()


def test_a_full_disk_is_said_of_the_server_and_nothing_of_the_backup(two, other):
    """There is room for an empty scratch database, and not for what is put into it."""
    room = other.place.room("small")
    with small_disk(room, mega=12):
        with as_superuser(other) as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{room}'")
            cursor.execute("ALTER DATABASE template1 SET TABLESPACE small")
        found = drill(two)
        assert (found.error, found.verdict) == ("scratch_full", "")
        assert found.saved is Saved.UNKNOWN
        assert list(found.seconds) == ["look", "database"]
        with translation.override("en"):
            assert "has no room left" in sentence(found.error, {})
        assert left_on(other) == []
        with as_superuser(other) as cursor:
            cursor.execute("ALTER DATABASE template1 SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")
    assert drill(two).proven, "with room again it is made"


def test_a_full_folder_for_what_passes_is_no_bad_backup(two, tmp_path, monkeypatch):
    """The copies of seals and the index of the files go through it."""
    room = tmp_path / "tmp"
    room.mkdir()
    with small_disk(room, mega=1):
        with pytest.raises(OSError, match="No space left"):
            (room / "of others").write_bytes(bytes(2 * 2**20))
        monkeypatch.setattr(tempfile, "tempdir", str(room))
        found = drill(two)
    assert (found.error, found.verdict) == ("disk_full", "")
    assert found.saved is Saved.UNKNOWN
    assert found.findings == []
    assert scratch_databases() == []


def test_a_server_that_breaks_down_for_want_of_room_is_no_bad_backup(two, other):
    """Its journal lies on the full disk too: then PostgreSQL itself gives up."""
    other.stop()
    used = sum(p.stat().st_size for p in other.cluster.rglob("*") if p.is_file())
    with small_disk(other.cluster, mega=used // 2**20 + 20, keep=True):
        other.start()
        found = drill(two)
        assert found.error in {"database", "scratch_full"}, found
        assert (found.verdict, found.saved) == ("", Saved.UNKNOWN)
        assert found.findings == []
        other.stop()


# --- what ends in the middle ---


def test_a_connection_that_is_cut_is_no_bad_backup(two):
    over, cut = threading.Event(), []

    def cut_it():
        with live().session() as cursor:
            while not over.wait(0.01) and not cut:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'pg_restore'"
                    " AND datname LIKE 'servicedesk_drill_%'"
                )
                cut.extend(cursor.fetchall())

    thread = threading.Thread(target=cut_it)
    thread.start()
    found = drill(two)
    over.set()
    thread.join()
    assert cut
    assert (found.error, found.verdict) == ("database", "")
    assert found.saved is Saved.UNKNOWN
    assert scratch_databases() == []


class Killer(Progress):
    """Looks on, and kills pg_restore when it has begun."""

    step = ""
    killed = 0

    def begin(self, step, of=None):
        self.step = step

    def saw(self, size):
        if self.step != "database" or self.killed:
            return
        deadline = time.monotonic() + 20
        while not (found := list(children("pg_restore"))):
            assert time.monotonic() < deadline, "it did not begin"
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)
        self.killed += 1


def children(name):
    """Yield the processes of this one that run a program."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().split(b"\0")
            stat = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat[1]) == os.getpid() and line[0].endswith(name.encode()):
            yield int(place.name)


def test_a_pg_restore_that_is_killed_is_no_bad_backup(two):
    killer = Killer()
    found = drill(two, progress=killer)
    assert killer.killed == 1
    assert (found.error, found.detail) == ("unexpected", "pg_restore, signal 9")
    assert (found.verdict, found.saved) == ("", Saved.UNKNOWN)
    assert scratch_databases() == []


FUNCTION = """
CREATE OR REPLACE FUNCTION one(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT {}'
"""


@pytest.mark.parametrize("said", ["connection to server", "No space left on device"])
def test_what_a_row_says_is_not_taken_for_what_the_server_says(tmp_path, said):
    """A real pg_restore that finds two rows where a unique index wants one."""
    with closing(psycopg2.connect(**live().facts)) as line:
        line.autocommit = True
        line.cursor().execute("CREATE DATABASE quoted")
    into = live().beside("quoted")
    try:
        with into.session() as cursor:
            cursor.execute("CREATE TABLE said (words text)")
            cursor.execute("INSERT INTO said VALUES (%s), (%s)", [said, said])
            cursor.execute(FUNCTION.format("random()::text"))
            cursor.execute("CREATE UNIQUE INDEX once ON said (one(words))")
            cursor.execute(FUNCTION.format("$1"))
            major = into.major()
        path = tmp_path / "dump"
        words = [f"--dbname={into.words}", "-Fc", f"--file={path}"]
        env = os.environ | {"PGPASSWORD": str(into.facts.get("password", ""))}
        subprocess.run(
            [find_program("pg_dump", server=major)[0], *words], env=env, check=True
        )
        with into.session() as cursor:
            cursor.execute("DROP TABLE said")
            cursor.execute("DROP FUNCTION one(text)")
        with path.open("rb") as stream:
            program = find_program("pg_restore", server=major)[0]
            trouble = loading._pg_restore(program, into, stream, Progress())
        assert trouble.code == "dump_unreadable"
    finally:
        drop(live(), "quoted")
