"""What System health and the security checks are told of backups."""

import pytest
from django.db import connection
from django.utils import translation

from servicedesk.backups.models import BackupPlan, Drill, DrillState
from servicedesk.backups.plan import current_plan
from servicedesk.backups.watching import look, look_at_age, look_at_archive
from servicedesk.core.database_time import database_time
from servicedesk.core.health_checks import registered
from servicedesk.core.models import Level
from tests.backups.test_plan import made
from tests.factories import DAY, HOUR


@pytest.fixture
def now(desk):
    return database_time()()


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def told():
    with connection.cursor() as cursor:
        return look_at_age(cursor)


def found(now):
    return {each.code: each.level for each in look(now)}


def prove(backup, at):
    Drill.objects.create(
        backup=backup,
        state=DrillState.PROVEN,
        verdict="whole",
        asked_at=at,
        due_at=at,
        started_at=at,
        ended_at=at,
    )


def test_both_are_asked_for_readiness():
    assert {"backups", "archive"} <= {check.name for check in registered()}


def test_a_new_desk_has_a_day_to_make_its_first_one(now):
    current_plan(now=now - HOUR)
    assert told() == ""
    BackupPlan.objects.update(since=now - 2 * DAY)
    assert told() == "the last good backup is too old"


def test_a_good_one_of_last_night_is_enough_until_it_is_too_old(now):
    current_plan(now=now - 5 * DAY)
    made(now - 10 * HOUR)
    assert told() == ""
    BackupPlan.objects.update(late_after_hours=9)
    assert told() == "the last good backup is too old"
    BackupPlan.objects.update(on=False)
    assert told() == ""


def test_without_a_proven_restore_it_says_so(now):
    current_plan(now=now - 90 * DAY)
    backup = made(now - HOUR)
    assert told() == "no restore was proven for too long"
    prove(backup, now - HOUR)
    assert told() == ""


def test_an_archive_that_nobody_set_up_is_no_trouble(db):
    with connection.cursor() as cursor:
        assert look_at_archive(cursor) == ""


def test_the_security_checks_name_what_makes_a_loss_lasting(now, keyholders):
    current_plan(now=now - 90 * DAY)
    assert found(now) == {"never": Level.BAD, "unproven": Level.WARN}
    backup = made(now - HOUR)
    prove(backup, now - HOUR)
    assert found(now) == {}
    BackupPlan.objects.update(on=False, late_after_hours=1)
    assert found(now + DAY) == {"off": Level.WARN, "late": Level.BAD}


def test_fewer_than_two_recipients_are_bad(now):
    assert found(now)["recipients"] == Level.BAD
