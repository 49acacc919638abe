"""When a backup is due, what generation it is, and which are kept."""

import datetime as dt

import pytest

from servicedesk.backups import errors, plan
from servicedesk.backups.actions import keeping
from servicedesk.backups.actions.asking import ask_by_plan
from servicedesk.backups.models import (
    Backup,
    BackupPlan,
    BackupState,
    Drill,
    DrillState,
    Generation,
    Recipient,
)
from servicedesk.backups.plan import (
    AGAIN_AFTER,
    current_plan,
    drill_late_since,
    generation_for,
    last_good,
    late_since,
    next_slot,
    slot_due,
)
from servicedesk.backups.tasks import _alarm
from servicedesk.core.models import Notification
from tests.factories import DAY, HOUR, MINUTE, NOW, UserFactory

# 02:30 in Shanghai on the day of NOW.
SLOT = dt.datetime(2026, 3, 3, 18, 30, tzinfo=dt.UTC)


@pytest.fixture
def planned(desk, keyholders):
    """Give the plan with its defaults, in force for a year."""
    made = current_plan(now=NOW - 365 * DAY)
    assert made.at == dt.time(2, 30)
    return made


def made(at, generation=Generation.DAILY, state=BackupState.GOOD, **other):
    """Write down a backup as if it had been made then."""
    over = {} if state == BackupState.FAILED else {"digest": "0" * 64, "size": 1}
    error = {"error": errors.LOST} if state == BackupState.FAILED else {}
    return Backup.objects.create(
        name=f"{at:%Y%m%dT%H%M%SZ}-{Backup.objects.count()}",
        state=state,
        generation=generation,
        destination="folder",
        asked_at=at,
        due_at=other.pop("due_at", at),
        started_at=at,
        ended_at=at,
        manifest={"parts": []},
        **over,
        **error,
        **other,
    )


def test_it_is_due_at_the_local_time_of_the_business(planned):
    before = SLOT - MINUTE
    made(SLOT - DAY, due_at=SLOT - DAY)
    assert slot_due(planned, now=before) is None
    assert next_slot(planned, before) == SLOT
    assert slot_due(planned, now=SLOT) == SLOT
    assert next_slot(planned, SLOT) == SLOT + DAY


def test_missed_times_are_made_up_for_once(planned):
    row = ask_by_plan(now=SLOT + 3 * DAY + 5 * HOUR)
    assert (row.generation, row.due_at) == (Generation.DAILY, SLOT + 3 * DAY)
    assert ask_by_plan(now=SLOT + 3 * DAY + 6 * HOUR) is None


def test_one_that_failed_is_begun_again_a_few_times(planned):
    moments = []
    moment = SLOT
    while moment < SLOT + 8 * HOUR:
        row = ask_by_plan(now=moment)
        if row is not None:
            moments.append(moment - SLOT)
            Backup.objects.filter(pk=row.pk).update(
                state=BackupState.FAILED, error=errors.LOST, ended_at=moment
            )
        moment += 10 * MINUTE
    assert moments == [0 * HOUR, AGAIN_AFTER, 2 * AGAIN_AFTER]
    assert ask_by_plan(now=SLOT + DAY) is not None, "the next night is a new one"


def test_the_plan_waits_while_one_is_made_by_hand(planned):
    moment = SLOT - MINUTE
    Backup.objects.create(
        generation=Generation.MANUAL,
        destination="folder",
        asked_at=moment,
        due_at=moment,
    )
    assert ask_by_plan(now=SLOT) is None
    Backup.objects.all().delete()
    assert ask_by_plan(now=SLOT) is not None


def test_a_plan_that_is_off_or_lacks_recipients_asks_for_nothing(planned):
    BackupPlan.objects.update(on=False)
    assert ask_by_plan(now=SLOT) is None
    BackupPlan.objects.update(on=True)
    Recipient.objects.all().delete()
    assert ask_by_plan(now=SLOT) is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 3, 1), Generation.MONTHLY),
        (dt.date(2026, 3, 2), Generation.WEEKLY),  # a Monday
        (dt.date(2026, 3, 3), Generation.DAILY),
        (dt.date(2026, 3, 8), Generation.DAILY),
        (dt.date(2026, 3, 9), Generation.WEEKLY),
        (dt.date(2026, 4, 1), Generation.MONTHLY),
    ],
)
def test_the_first_of_a_month_and_of_a_week_are_kept_longer(planned, day, expected):
    night = dt.datetime.combine(
        dt.date(2026, 2, 1), dt.time(18, 30), tzinfo=dt.UTC
    )  # 02:30 of the second of February in Shanghai
    wanted = dt.datetime.combine(day - DAY, dt.time(18, 30), tzinfo=dt.UTC)
    while night < wanted:
        made(night, generation_for(night))
        night += DAY
    assert generation_for(wanted) == expected


def test_a_month_whose_first_night_failed_gets_its_monthly_one_later(planned):
    made(SLOT - 40 * DAY, Generation.MONTHLY)
    made(SLOT - 2 * DAY, state=BackupState.FAILED)
    assert generation_for(SLOT) == Generation.MONTHLY


def names(generation):
    good = Backup.objects.filter(state=BackupState.GOOD, generation=generation)
    return list(good.order_by("pk").values_list("pk", flat=True))


def test_so_many_of_each_are_kept_and_the_rest_is_removed(planned):
    daily = [made(NOW - 30 * DAY + n * DAY).pk for n in range(20)]
    weekly = [made(NOW - (90 - n) * DAY, Generation.WEEKLY).pk for n in range(0, 84, 7)]
    removed = keeping.prune(now=NOW)
    assert names(Generation.DAILY) == daily[-14:]
    assert names(Generation.WEEKLY) == weekly[-8:]
    assert {row.state for row in removed} == {BackupState.REMOVED}
    assert {row.removed_at for row in removed} == {NOW}
    assert keeping.prune(now=NOW) == []


def test_the_newest_good_one_stays_whatever_the_plan_keeps(planned):
    BackupPlan.objects.update(keep_weekly=0)
    old = made(NOW - 9 * DAY, Generation.WEEKLY)
    newest = made(NOW - DAY, Generation.WEEKLY)
    keeping.prune(now=NOW)
    assert names(Generation.WEEKLY) == [newest.pk]
    assert old.pk != newest.pk


def test_the_last_proven_one_and_one_that_is_being_proven_stay(planned):
    BackupPlan.objects.update(keep_weekly=0)
    rows = [made(NOW - n * DAY, Generation.WEEKLY) for n in (9, 8, 7, 1)]
    asked = {"asked_at": NOW, "due_at": NOW}
    Drill.objects.create(backup=rows[0], state=DrillState.PROVEN, ended_at=NOW, **asked)
    Drill.objects.create(backup=rows[1], **asked)
    keeping.prune(now=NOW)
    assert names(Generation.WEEKLY) == [rows[0].pk, rows[1].pk, rows[3].pk]


def test_too_old_is_told_once_for_each_last_good_one(planned, monkeypatch):
    anna = UserFactory(display_name="Anna", role="administrator")
    told = Notification.objects.filter(user=anna, kind="backups.late")

    def sweep(moment):
        monkeypatch.setattr(
            "servicedesk.backups.tasks.database_time", lambda: lambda: moment
        )
        _alarm()

    sweep(NOW)
    assert [row.ref for row in told.all()] == ["system"], "never one in a year"
    first = made(NOW)
    sweep(NOW + 30 * HOUR)
    sweep(NOW + 31 * HOUR)
    sweep(NOW + 32 * HOUR)
    assert [row.ref for row in told.order_by("pk")] == ["system", str(first.pk)]
    second = made(NOW + 33 * HOUR)
    sweep(NOW + 34 * HOUR)
    assert told.all().count() == 2
    sweep(NOW + 64 * HOUR)
    assert told.order_by("-pk").first().ref == str(second.pk)


def test_the_last_proof_is_late_after_days(planned):
    assert drill_late_since(planned, None, NOW)
    row = Drill.objects.create(
        backup=made(NOW),
        state=DrillState.PROVEN,
        ended_at=NOW,
        asked_at=NOW,
        due_at=NOW,
    )
    assert drill_late_since(planned, row, NOW + 10 * DAY) is None
    assert drill_late_since(planned, row, NOW + 11 * DAY) == NOW + 10 * DAY


def test_a_failed_one_is_not_the_last_good_one(planned):
    good = made(NOW - 2 * DAY)
    made(NOW - DAY, state=BackupState.FAILED)
    assert last_good() == good
    assert late_since(planned, good, NOW) == good.started_at + 30 * HOUR
    assert plan.slot_before(planned, NOW) == SLOT
