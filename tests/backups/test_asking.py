import pytest

from servicedesk.backups.actions.asking import ask_for_backup
from servicedesk.backups.models import Backup, BackupState, Recipient
from servicedesk.core.errors import RuleError
from tests.factories import NOW


def test_no_backup_is_begun_that_fewer_than_two_people_could_open(desk, keyholders):
    Recipient.objects.filter(name="Bo").update(active=False, ended_at=NOW)
    with pytest.raises(RuleError, match="at least two recipients"):
        ask_for_backup(by=None, now=NOW)
    assert not Backup.objects.exists()


def test_one_waits_or_runs_at_a_time(desk, keyholders):
    first = ask_for_backup(by=None, now=NOW)
    with pytest.raises(RuleError, match="under way already"):
        ask_for_backup(by=None, now=NOW)
    assert list(Backup.objects.values_list("pk", "state")) == [
        (first.pk, BackupState.DUE)
    ]
