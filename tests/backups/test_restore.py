"""The real restore: what it refuses, what it leaves as it was, and what it does."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError

from servicedesk.audit.sealing import seal_settled
from servicedesk.backups.databases import live
from servicedesk.core.encryption.keys import reload_keys
from servicedesk.core.models import Notification
from tests.backups.restoring import OLD, made, manage, restore, target
from tests.backups.ways import back_up
from tests.factories import NOW, UserFactory
from tickets.models import Letter, LetterState

assert made
assert target  # fixtures
# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


def test_into_a_fresh_place(made, target):
    said = restore(made, target)
    assert "which is not there yet" in said
    assert target.ask("SELECT subject FROM tickets_ticket") == "The kettle"
    assert (target.media / "2026/a.bin").read_text() == "sealed attachment"
    assert target.all() == [target.name], "nothing is left beside"
    assert sorted(path.name for path in target.media.parent.iterdir()) == ["media"]
    assert target.ask("SELECT count(*) FROM django_session") == 0
    assert (
        target.ask(
            "SELECT additional_data->>'backup' FROM audit_logentry"
            " WHERE object_repr = 'restored from a backup'"
        )
        == made.name
    )


def test_backups_that_were_made_since_are_known_again(made, target):
    """In the dump of a backup it is itself still being made, and later ones are not."""
    later = back_up(now=NOW + dt.timedelta(hours=1))
    said = restore(made, target)
    assert "backups.adopt: found 2" in said
    assert (
        target.ask(
            "SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM backups_backup"
        )
        == f"{made.name} good, {later.name} good"
    )


def test_letters_that_waited_are_held_and_said_so(made, target):
    before = Letter.objects.filter(state=LetterState.DUE).count()
    assert before
    said = restore(made, target)
    assert f"tickets.letters: held {before}" in said
    assert target.ask("SELECT count(*) FROM tickets_letter WHERE state = 'due'") == 0
    assert (
        target.ask("SELECT min(error) FROM tickets_letter WHERE state = 'unsure'")
        == "held after a restore to 2026-03-04 02:00 UTC"
    )
    assert Letter.objects.filter(state=LetterState.DUE).count() == before, "live is not"
    assert not Notification.objects.filter(kind="tickets.letter").exists()


def test_a_database_with_tables_is_refused_unless_it_is_named(made, target):
    target.create(*OLD)
    with pytest.raises(CommandError, match=f"--overwrite {target.name}"):
        restore(made, target)
    with pytest.raises(CommandError, match=f"--overwrite {target.name}"):
        restore(made, target, "--overwrite=another")
    assert target.ask("SELECT count(*) FROM old_life") == 2
    target.media.mkdir(parents=True)
    (target.media / "old.bin").write_text("of before")

    said = restore(made, target, f"--overwrite={target.name}")
    assert "old_life: 2 now, 0 in the backup" in said
    assert "tables have fewer rows now than in the backup" in said
    aside = [name for name in target.all() if "_before_" in name]
    assert len(aside) == 1
    assert f"The database of before is {aside[0]}" in said
    with closing(psycopg2.connect(**live().beside(aside[0]).facts)) as line:
        cursor = line.cursor()
        cursor.execute("SELECT count(*) FROM old_life")
        assert cursor.fetchone() == (2,), "it is as it was"
    [kept] = target.media.parent.glob("media.before-*")
    assert (kept / "old.bin").read_text() == "of before"


def test_while_others_are_connected_it_is_refused_unless_told(made, target):
    target.create(*OLD)
    with closing(psycopg2.connect(**target.database.facts)) as reader:
        reader.cursor().execute("SELECT 1")
        with pytest.raises(CommandError, match=r"1 connections to .* are open"):
            restore(made, target, f"--overwrite={target.name}")
        assert target.all() == [target.name]
        restore(made, target, f"--overwrite={target.name}", "--send-away")
        with pytest.raises(psycopg2.OperationalError):
            reader.cursor().execute("SELECT 1")
    assert target.ask("SELECT count(*) FROM tickets_ticket") == 1


@pytest.mark.parametrize(
    "answers",
    [{"yes_database": "another"}, {"yes_backup": "another"}, {"yes_backup": ""}],
)
def test_scripts_give_both_answers(made, target, answers):
    with pytest.raises(CommandError, match="Nothing was changed"):
        restore(made, target, **answers)
    assert target.all() == []


@pytest.mark.parametrize(
    ("typed", "missing"), [(["nonsense"], "database"), (["", ""], "database")]
)
def test_people_are_asked_twice(made, target, monkeypatch, typed, missing):
    answers = iter(typed)
    monkeypatch.setattr("builtins.input", lambda _words: next(answers))
    with pytest.raises(CommandError, match="Nothing was changed"):
        restore(made, target, yes_database="", yes_backup="")
    asked = []

    def answer(words):
        asked.append(words)
        return target.name if "database" in words else "not the backup"

    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(CommandError, match=f"That is not {made.name}"):
        restore(made, target, yes_database="", yes_backup="")
    assert len(asked) == 2
    assert target.all() == []


def test_a_dry_run_only_tells(made, target):
    target.create(*OLD)
    said = restore(made, target, "--dry-run")
    assert "As things are, it would be refused. The database" in said
    said = restore(made, target, f"--overwrite={target.name}", "--dry-run")
    assert "refused" not in said
    assert "old_life: 2 now" in said
    assert "Nothing was changed" in said
    assert target.ask("SELECT count(*) FROM old_life") == 2


def test_a_damaged_backup_changes_nothing(made, target, real):
    target.create(*OLD)
    path = real / "backups" / made.name / "database.dump.age"
    held_bytes = bytearray(path.read_bytes())
    held_bytes[len(held_bytes) // 2] ^= 1
    path.write_bytes(held_bytes)
    with pytest.raises(CommandError, match="not the one that was written"):
        restore(made, target, f"--overwrite={target.name}")
    assert target.all() == [target.name]
    assert target.ask("SELECT count(*) FROM old_life") == 2
    assert not target.media.exists()


def test_a_missing_key_is_named_before_anything_happens(
    made, target, settings, tmp_path
):
    folder = tmp_path / "keys"
    folder.mkdir()
    for path in Path(settings.FIELD_KEYS_DIR).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "index-1.key").write_text((folder / "field-1.key").read_text())
    settings.FIELD_KEYS_DIR = folder
    reload_keys()
    try:
        with pytest.raises(CommandError, match=r"manage\.py keys recover"):
            restore(made, target)
    finally:
        reload_keys()
    assert target.all() == []


def test_the_log_is_whole_afterwards_and_the_old_copy_is_kept(made, target, real):
    # The live desk went on: its copy outside knows seals that the backup does not.
    UserFactory(display_name="Li Na")
    seal_settled(now=NOW)
    lines = sum(
        path.read_bytes().count(b"\n") for path in (real / "seals").glob("*.jsonl")
    )
    said = restore(made, target)
    assert "audit.set_back: kept" in said
    kept = list((real / "seals").glob("*.before-*"))
    assert sum(path.read_bytes().count(b"\n") for path in kept) == lines
    verdict = manage(target, "verify_audit")
    assert "The audit log is whole." in verdict


def test_from_a_folder_without_a_database_that_knows_it(made, target, real):
    said = restore(made, target, f"--from={real / 'backups'}")
    assert "is the database of" in said
