"""The disk of the scratch server is full, for real: it is said, and not of the backup."""

import pytest
from django.utils import translation

from servicedesk.backups.databases import Database
from servicedesk.backups.drill.run import make_drill
from servicedesk.backups.drill.words import Saved, sentence
from servicedesk.backups.storages.local import LocalFolder
from servicedesk.embedded.ports import LOOPBACK
from servicedesk.embedded.postgres import SUPERUSER
from tests.backups.disks import small_disk
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


def drill(two):
    return make_drill(
        storage=LocalFolder(two[0].folder),
        name=two[0].name,
        identities=[two[0].identity],
        now=LATER,
    )


def left_on(server):
    with as_superuser(server) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ 'drill'")
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("mega", "reached"),
    [(12, ["look"]), (24, ["look", "database"])],
    ids=["no room for an empty one", "no room for all of it"],
)
def test_a_full_disk_is_said_of_the_server_and_nothing_of_the_backup(
    two, other, mega, reached
):
    room = other.place.room("small")
    with small_disk(room, mega=mega):
        with as_superuser(other) as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{room}'")
            cursor.execute("ALTER DATABASE template1 SET TABLESPACE small")
        found = drill(two)
        assert (found.error, found.verdict) == ("scratch_full", "")
        assert found.saved is Saved.UNKNOWN
        assert list(found.seconds) == reached
        with translation.override("en"):
            assert "has no room left" in sentence(found.error, {})
        assert left_on(other) == []
        with as_superuser(other) as cursor:
            cursor.execute("ALTER DATABASE template1 SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")
    assert drill(two).verdict != "", "with room again it is made"


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
