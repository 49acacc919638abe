"""Two databases exchange their names, or nothing has happened."""

from contextlib import closing

import psycopg2
import pytest

from servicedesk.backups import databases, errors
from servicedesk.backups.databases import live
from servicedesk.backups.errors import BackupError
from servicedesk.backups.restore.swap import swap
from tests.backups.planting import server
from tests.backups.restoring import OLD, Target

# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = pytest.mark.xdist_group("drill")


@pytest.fixture
def target(desk, tmp_path):
    made = Target(tmp_path)
    made.create(*OLD)
    server(f"CREATE DATABASE {made.name}_new")
    yield made
    made.drop()


def exchange(target, *, force):
    new, aside = (f"{target.name}_{word}" for word in ("new", "aside"))
    swap(live(), old=target.name, new=new, aside=aside, force=force)


@pytest.mark.parametrize("force", [False, True])
def test_both_have_their_new_names_and_let_people_in(target, force):
    exchange(target, force=force)
    assert target.all() == [target.name, f"{target.name}_aside"]
    assert target.ask("SELECT count(*) FROM pg_class WHERE relname = 'old_life'") == 0
    with closing(
        psycopg2.connect(**live().beside(f"{target.name}_aside").facts)
    ) as line:
        cursor = line.cursor()
        cursor.execute("SELECT count(*) FROM old_life")
        assert cursor.fetchone() == (2,)


def test_while_somebody_is_in_it_nothing_happens(target, monkeypatch):
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.3)
    with closing(psycopg2.connect(**target.database.facts)) as reader:
        with pytest.raises(BackupError) as refused:
            exchange(target, force=False)
        assert refused.value.code == errors.BUSY
        cursor = reader.cursor()
        cursor.execute("SELECT count(*) FROM old_life")
        assert cursor.fetchone() == (2,), "who was in it works on"


def test_a_database_is_not_left_shut_when_it_cannot_be_renamed(target):
    """The name that it should get is taken: nothing of this may keep people out."""
    server(f"CREATE DATABASE {target.name}_aside")
    with pytest.raises(BackupError, match="42P04"):
        exchange(target, force=True)
    assert target.ask("SELECT count(*) FROM old_life") == 2, "people come in"


def test_a_note_stays_when_a_database_is_renamed(target):
    live().note(f"{target.name}_new", "of Tuesday")
    assert live().noted(target.name) == ""
    exchange(target, force=False)
    assert live().noted(target.name) == "of Tuesday"
    assert live().noted("nobody") == ""
