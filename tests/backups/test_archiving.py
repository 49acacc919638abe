"""What the desk says of its archive, against a server that has one and one that has none."""

import datetime as dt

import pytest
from django.utils import translation

from servicedesk.backups import archiving
from servicedesk.backups.archiving import Archiving, State
from tests.pitr.ground import wait_until
from tests.production.roles import as_superuser, own_server


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.mark.django_db
def test_a_desk_without_an_archive_says_what_that_means(django_assert_num_queries):
    with django_assert_num_queries(1):
        seen = archiving.look()

    assert seen.state == State.OFF
    assert not seen.is_alarm
    assert "only the last backup can be restored" in seen.words


@pytest.mark.parametrize(
    ("waiting", "begins"), [(1, "1 piece (16 MB) waits"), (3, "3 pieces (48 MB) wait")]
)
def test_what_waits_says_how_it_ends_with_a_bound_and_without(waiting, begins):
    seen = Archiving(State.FAILING, reaches=None, waiting=waiting, size=16 * 2**20)
    assert f"{begins} on the disk of the database." in seen.words
    assert "When that disk is full the desk stops" in seen.words
    assert "where archive-push-queue-max is set, pieces are given up" in seen.words
    assert "the seconds in them cannot be recovered" in seen.words


@pytest.fixture(scope="module")
def server():
    """A server that archives into a folder, as long as the folder is there."""
    with own_server() as server:
        folder = server.place.room("archive")
        with as_superuser(server) as cursor:
            cursor.execute("ALTER SYSTEM SET archive_mode = 'on'")
            cursor.execute(
                "ALTER SYSTEM SET archive_command = %s", [f"cp %p {folder}/%f"]
            )
        server.stop()
        server.start()
        yield server


def look(server):
    """Ask as a role that owns nothing."""
    with as_superuser(server) as cursor:
        cursor.execute("SET ROLE desk_look")
        return archiving.asked(cursor)


def close_pieces(server, count):
    with as_superuser(server) as cursor:
        for _ in range(count):
            cursor.execute("SELECT pg_logical_emit_message(true, 'desk', 'a word')")
            cursor.execute("SELECT pg_switch_wal()")


@pytest.mark.slow
@pytest.mark.xdist_group("pitr")
def test_it_follows_the_archive_from_nothing_to_trouble_and_back(server):
    with as_superuser(server) as cursor:
        cursor.execute("CREATE ROLE desk_look NOLOGIN")
        cursor.execute("SELECT pg_stat_reset_shared('archiver')")
    seen = look(server)
    assert (seen.state, seen.reaches, seen.is_alarm) == (State.FINE, None, False)
    assert "Nothing of the journal" in seen.words

    close_pieces(server, 1)
    wait_until(lambda: look(server).reaches)
    assert "a chosen second up to then" in look(server).words
    assert look(server).waiting == 0

    folder = server.place.path / "archive"
    away = folder.with_name("away")
    folder.rename(away)
    close_pieces(server, 3)
    wait_until(lambda: look(server).state == State.FAILING)
    seen = look(server)
    assert seen.is_alarm
    assert seen.waiting == 3
    assert "could not be put away" in seen.words
    assert "3 pieces (48 MB) wait" in seen.words

    away.rename(folder)
    close_pieces(server, 1)
    # It is well as soon as pieces go away again; the last goes a moment later.
    wait_until(lambda: look(server).state == State.FINE, seconds=120)
    wait_until(lambda: look(server).waiting == 0, seconds=60)


@pytest.mark.slow
@pytest.mark.xdist_group("pitr")
def test_an_archive_that_hangs_is_found_without_a_failure(server):
    with as_superuser(server) as cursor:
        cursor.execute("SHOW archive_command")
        before = cursor.fetchone()[0]
    gate = server.place.path / "gate"
    gate.touch()
    hang(server, f"while test -e {gate}; do sleep 0.1; done; {before}")
    try:
        close_pieces(server, archiving.MANY + 2)
        seen = look(server)
        assert seen.state == State.BEHIND
        assert seen.is_alarm
        assert "too slowly or not at all" in seen.words
    finally:
        gate.unlink()
        hang(server, before)
    wait_until(lambda: look(server).state == State.FINE)


def hang(server, command):
    with as_superuser(server) as cursor:
        cursor.execute("ALTER SYSTEM SET archive_command = %s", [command])
        cursor.execute("SELECT pg_reload_conf()")


def test_histories_of_timelines_are_no_pieces():
    class Cursor:
        def execute(self, _):
            pass

        def fetchone(self):
            return (
                *(True, dt.datetime.now(dt.UTC), None, None, "00000002.history"),
                *("000000020000000000000009", 16 * 2**20),
            )

    seen = archiving.asked(Cursor())
    assert seen.state == State.FINE
    assert seen.waiting == 0
