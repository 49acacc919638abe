"""What is typed at a terminal, and the keys of a demonstration."""

import io
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from servicedesk.backups.demo import NAMES, load_keys
from servicedesk.backups.models import Backup, BackupState, Recipient
from servicedesk.backups.sealed import identity_of, read_identities
from tests.factories import NOW


def told(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_without_recipients_the_command_says_what_is_missing(desk):
    with pytest.raises(CommandError, match="at least two recipients"):
        call_command("backup", "--wait")
    assert "Last good backup: none" in told("backups")


def test_a_backup_is_made_here_and_listed(real, keyholders):
    said = told("backup", "--wait", note="before the upgrade")
    row = Backup.objects.get()
    assert (row.state, row.note) == (BackupState.GOOD, "before the upgrade")
    assert f"Backup {row.pk} is good: {row.name}" in said
    assert f"Last good backup: {row.name}\n" in told("backups")


def test_one_that_fails_ends_the_command_with_words(real, keyholders, settings):
    settings.POSTGRES_PROGRAMS_DIR = str(real)
    with pytest.raises(CommandError, match="There is no pg_dump"):
        call_command("backup", "--wait")


def test_a_private_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "backup-key.txt"
    said = told("backup_identity", out=str(path))
    (private,) = read_identities(path.read_text())
    assert str(identity_of(private).to_public()) in said
    assert private not in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="exists"):
        call_command("backup_identity", "--out", str(path))


def test_a_demonstration_has_two_keys_that_say_what_they_are(desk, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert load_keys(now=NOW) == 2
    assert load_keys(now=NOW) == 0
    path = Path(tmp_path / settings.DEMO_IDENTITY_FILE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    public = [
        str(identity_of(one).to_public()) for one in read_identities(path.read_text())
    ]
    found = Recipient.objects.active()
    assert [(row.name, row.key) for row in found] == list(
        zip(NAMES, public, strict=True)
    )
    assert all("Demonstration only" in row.name for row in found)


def test_a_desk_with_recipients_of_its_own_gets_no_others(desk, keyholders):
    assert load_keys(now=NOW) == 0
