"""What a backup holds is one moment, whatever is done to the tables meanwhile."""

from contextlib import closing

import psycopg2
import pytest
from django.db import connection

from servicedesk.backups import making, scratch
from servicedesk.backups.databases import drop, live
from servicedesk.backups.models import BackupState
from servicedesk.backups.programs import connection_facts
from servicedesk.backups.scratch import scratch as scratch_database
from tests.backups.planting import server
from tests.backups.ways import back_up
from tests.factories import NOW

# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = pytest.mark.xdist_group("drill")


@pytest.fixture
def ledger(real, keyholders):
    """A table with three rows, which a migration is about to rewrite."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE ledger AS SELECT n AS n FROM generate_series(1, 3) n"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS ledger")


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE ledger ALTER n TYPE text",
        "TRUNCATE ledger",
        "ALTER TABLE ledger ADD COLUMN more int DEFAULT 1",
        "DROP TABLE ledger",
    ],
)
def test_a_migration_waits_from_the_moment_on(ledger, monkeypatch, change):
    """An older moment sees a rewritten table as empty: both the dump and the count."""
    known, waited = making._known, []

    def meanwhile(snapshot):
        with closing(psycopg2.connect(**connection_facts())) as line:
            line.autocommit = True
            cursor = line.cursor()
            cursor.execute("SET lock_timeout = '200ms'")
            try:
                cursor.execute(change)
            except psycopg2.errors.LockNotAvailable:
                waited.append(change)
        return known(snapshot)

    monkeypatch.setattr(making, "_known", meanwhile)
    made = back_up()
    assert made.state == BackupState.GOOD
    assert made.manifest["tables"]["public.ledger"]["rows"] == 3
    assert waited == [change]


def test_a_scratch_database_knows_the_letters_of_the_desk(db, monkeypatch):
    """One made like template1 takes no Chinese where that knows other letters."""
    server("CREATE DATABASE letters TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'")
    desk = live().beside("letters")
    monkeypatch.setattr(scratch, "live", lambda: desk)
    try:
        with scratch_database(now=NOW) as made, made.session() as cursor:
            cursor.execute("SHOW server_encoding")
            assert cursor.fetchone() == ("LATIN1",)
    finally:
        drop(live(), "letters")
