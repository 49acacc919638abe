"""Tables change while people read and write: nobody waits behind the migration."""

import contextlib
import io
import threading
import time

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from servicedesk.core.management.commands import migrate
from tests.desk import committed

assert committed  # a fixture
PATIENCE = 60
APP = "equipment"  # has no migrations of its own yet: it borrows some


@contextlib.contextmanager
def a_line():
    """Give a cursor of a connection of its own."""
    asked = connection.get_connection_params()
    asked.pop("cursor_factory", None)
    with contextlib.closing(psycopg2.connect(**asked)) as line, line.cursor() as cursor:
        yield line, cursor


class Load:
    """Somebody who reads and writes the table again and again."""

    def __init__(self):
        self.done, self.errors = 0, []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_details):
        self._stopping.set()
        self._thread.join()

    def _work(self):
        with a_line() as (line, cursor):
            line.autocommit = True
            cursor.execute("SET statement_timeout = '20s'")
            while not self._stopping.wait(0.005):
                try:
                    cursor.execute("SELECT id FROM busy")
                    cursor.execute("UPDATE busy SET n = n + 1 WHERE id = 7")
                except psycopg2.Error as error:
                    self.errors.append(error)
                self.done += 1

    def more(self, count=10):
        wanted, deadline = self.done + count, time.monotonic() + PATIENCE
        while self.done < wanted:
            assert time.monotonic() < deadline, "everybody waits behind the migration"
            time.sleep(0.01)


class Told(io.StringIO):
    """What the command says; `heard` is called at each line."""

    def __init__(self, heard):
        super().__init__()
        self.heard, self.lines = heard, []

    def write(self, text):
        if "more tries" in text:
            self.lines.append(text)
            self.heard(len(self.lines))
        return len(text)


@pytest.fixture
def busy(committed, monkeypatch):
    monkeypatch.setattr(migrate, "PAUSE", 0.1)
    with override_settings(MIGRATION_MODULES={APP: "tests.core.migrating.migrations"}):
        call_command("migrate", APP, "0001", verbosity=0)
        yield
        call_command("migrate", APP, "zero", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")


def columns():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'busy'"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.slow
def test_people_get_on_while_a_migration_waits_for_somebody_else(busy):
    with Load() as load, a_line() as (line, cursor):
        cursor.execute("SELECT count(*) FROM busy")  # in a transaction that stays open

        def heard(times):
            load.more()  # while the table is still held and wanted
            if times == 2:
                line.rollback()

        told = Told(heard)
        call_command("migrate", APP, lock_timeout="300ms", verbosity=0, stdout=told)
        load.more()

    assert len(told.lines) >= 2
    assert "words" in columns()
    assert not load.errors


@pytest.mark.slow
def test_it_gives_up_in_words_and_leaves_the_table_as_it_was(busy):
    with a_line() as (_line, cursor):
        cursor.execute("SELECT count(*) FROM busy")
        with pytest.raises(CommandError, match="held by somebody"):
            call_command(
                "migrate", APP, lock_timeout="50ms", tries=2, verbosity=0,
                stdout=io.StringIO(),
            )  # fmt: skip
    assert "words" not in columns()
    call_command("migrate", APP, verbosity=0)
    assert "words" in columns()


@pytest.mark.django_db
def test_where_nobody_is_in_the_way_it_is_djangos_own():
    with connection.cursor() as cursor:
        cursor.execute(migrate._UNFINISHED)
        assert cursor.fetchall() == []
    call_command("migrate", check_unapplied=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("SET lock_timeout = 0")
