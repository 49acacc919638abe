"""What a run of the security checks keeps, closes, tells and forgets."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection

from servicedesk.audit.models import LogEntry
from servicedesk.celery import app
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.actions.security_checks import acknowledge
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.models import (
    Job,
    Level,
    Notification,
    SecurityCheckRun,
    SecurityFinding,
)
from servicedesk.core.notifications.mail import send_to
from servicedesk.core.post import Line
from servicedesk.core.security_checks.jobs import JOB
from servicedesk.core.security_checks.registry import (
    Found,
    SecurityCheck,
    register_security_check,
)
from servicedesk.core.tasks import run_jobs, start_security_check
from tests.core.checking import DOOR, Doors, check, only
from tests.desk import desk
from tests.factories import DAY, HOUR, MINUTE, NOW, UserFactory

assert desk


@pytest.fixture
def doors(desk, monkeypatch):
    only(monkeypatch)
    return Doors().register()


@pytest.fixture
def anna(desk):
    """Anna administers the desk."""
    return UserFactory(display_name="Anna", role="administrator", is_staff=True)


@pytest.fixture
def olga(desk):
    """Olga is the data protection officer."""
    return UserFactory(display_name="Olga", role="data_protection_officer")


def bad(count=1, *names, level=Level.BAD):
    numbers = {"names": list(names) or ["north"]}
    return Found(level, "open", count, numbers, list(range(1, count + 1)))


def told(user):
    return Notification.objects.filter(user=user, kind="core.security_found")


def test_what_is_found_is_kept_and_closes_when_it_is_mended(doors):
    doors.found = [bad(2, "north", "south")]
    check(NOW)
    row = SecurityFinding.objects.get()
    assert (row.level, row.count, row.subjects) == ("bad", 2, [1, 2])
    check(NOW + DAY)
    row.refresh_from_db()
    assert (row.first_seen, row.last_seen) == (NOW, NOW + DAY)
    doors.found = []
    run = check(NOW + 2 * DAY)
    row.refresh_from_db()
    assert row.closed_at == NOW + 2 * DAY
    assert run.levels == {"test.doors": "ok"}


def test_what_comes_back_is_a_new_finding(doors):
    doors.found = [bad()]
    check(NOW)
    doors.found = []
    check(NOW + DAY)
    doors.found = [bad()]
    check(NOW + 2 * DAY)
    assert SecurityFinding.objects.count() == 2
    assert SecurityFinding.objects.open().get().first_seen == NOW + 2 * DAY


def test_a_check_that_cannot_look_closes_nothing(doors):
    doors.found = [bad()]
    check(NOW)
    doors.found = [Found(Level.UNCHECKED, "away")]
    run = check(NOW + DAY)
    assert set(SecurityFinding.objects.open().values_list("code", flat=True)) == {
        "open",
        "away",
    }
    assert run.levels == {"test.doors": "unchecked"}


def test_a_check_that_fails_is_a_finding_and_the_others_are_looked_at(doors, caplog):
    def broken(now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    register_security_check(
        SecurityCheck(
            "test.broken", title="Broken", look=broken, said=DOOR, permission="x.y"
        )
    )
    doors.found = [bad()]
    run = check(NOW)
    assert run.levels == {"test.broken": "unchecked", "test.doors": "bad"}
    assert "test.broken failed" in caplog.text
    assert SecurityFinding.objects.filter(code="failed").count() == 1


def test_administrators_and_officers_are_told_once_and_not_each_day(doors, anna, olga):
    agent = UserFactory(display_name="Ben")
    doors.found = [bad(), Found(Level.WARN, "ajar")]
    check(NOW)
    check(NOW + DAY)
    assert told(anna).count() == told(olga).count() == 1
    assert not told(agent).exists()
    send_to(user_id=anna.pk, now=NOW + HOUR, line=Line())
    assert "The security checks found 1 new thing that is bad." in mail.outbox[0].body


def test_what_gets_worse_is_told(doors, olga):
    doors.found = [bad(level=Level.WARN)]
    check(NOW)
    assert not told(olga).exists()
    doors.found = [bad()]
    check(NOW + DAY)
    assert told(olga).count() == 1


def test_who_lost_the_role_is_told_nothing(doors, olga):
    olga.groups.clear()
    doors.found = [bad()]
    check(NOW)
    assert not told(olga).exists()


def test_put_aside_it_alarms_nobody_until_the_day(doors, olga):
    doors.found = [bad()]
    check(NOW)
    row = SecurityFinding.objects.get()
    acknowledge(
        finding=row, why="A lock is ordered", until=NOW + 3 * DAY, by=olga, now=NOW
    )
    check(NOW + DAY)
    row.refresh_from_db()
    assert row.is_aside(NOW + DAY)
    assert row.why == "A lock is ordered"
    check(NOW + 4 * DAY)
    row.refresh_from_db()
    assert row.acknowledged_by is None
    assert told(olga).count() == 2


def test_more_of_it_counts_again(doors, olga):
    doors.found = [bad()]
    check(NOW)
    row = SecurityFinding.objects.get()
    acknowledge(finding=row, why="Known", until=NOW + 9 * DAY, by=olga, now=NOW)
    doors.found = [bad(2)]
    check(NOW + DAY)
    row.refresh_from_db()
    assert not row.is_aside(NOW + DAY)


def test_nobody_puts_it_aside_for_ever_nor_what_is_mended(doors, olga):
    doors.found = [bad()]
    check(NOW)
    row = SecurityFinding.objects.get()
    with pytest.raises(RuleError, match="90 days"):
        acknowledge(finding=row, why="x", until=NOW + 91 * DAY, by=olga, now=NOW)
    doors.found = []
    check(NOW + DAY)
    with pytest.raises(RuleError, match="mended"):
        acknowledge(finding=row, why="x", until=NOW + 5 * DAY, by=olga, now=NOW + DAY)


def test_the_reason_lies_sealed_and_the_log_names_who(doors, olga):
    doors.found = [bad()]
    check(NOW)
    row = SecurityFinding.objects.get()
    before = LogEntry.objects.count()
    acknowledge(finding=row, why="Secret", until=NOW + DAY, by=olga, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT f::text FROM core_securityfinding f")
        stored = cursor.fetchone()[0]
    assert b"Secret".hex() not in stored
    entry = LogEntry.objects.order_by("-pk")[0]
    assert LogEntry.objects.count() == before + 1
    assert "Secret" not in str(entry.changes)
    assert "acknowledged_by" in entry.changes


def test_daily_looks_fill_no_log(doors):
    doors.found = [bad()]
    check(NOW)
    before = LogEntry.objects.filter(object_repr__contains="test.doors").count()
    check(NOW + DAY)
    after = LogEntry.objects.filter(object_repr__contains="test.doors").count()
    assert (before, after) == (1, 1)


def test_a_customers_words_are_refused(doors):
    doors.found = [Found(Level.BAD, "open", 1, {"names": ["陈静 and her phone"]})]
    with pytest.raises(AssertionError):
        check(NOW)
    assert not SecurityFinding.objects.exists()


def test_a_check_that_is_gone_leaves_no_finding_open(doors, monkeypatch):
    doors.found = [bad()]
    check(NOW)
    only(monkeypatch)
    Doors().register("test.windows")
    check(NOW + DAY)
    assert not SecurityFinding.objects.open().exists()


def test_a_run_that_died_is_closed_by_the_next(doors):
    died = SecurityCheckRun.objects.create(started_at=NOW - HOUR)
    check(NOW)
    died.refresh_from_db()
    assert (died.state, died.ended_at) == ("stopped", NOW)


def test_a_worker_that_dies_between_two_checks_repeats_none(doors):
    """The cursor and what was found are one transaction."""
    second = Doors().register("test.windows")
    looks = []
    second.look = lambda now: looks.append(now) or []
    doors.found = [bad()]
    job = start_job(kind=JOB, params={}, by=None, now=NOW)
    first = take_job(holder=job.pk, now=NOW, pk=job.pk)
    run_job(job=first, holder=job.pk, clock=lambda: NOW, enough=lambda: True)
    assert SecurityFinding.objects.count() == 1
    later = NOW + MINUTE
    again = take_job(holder=job.pk, now=later, pk=job.pk)
    run_job(job=again, holder=job.pk, clock=lambda: later, enough=lambda: False)
    assert Job.objects.get(pk=job.pk).state == "done"
    assert SecurityCheckRun.objects.count() == SecurityFinding.objects.count() == 1


def test_it_starts_by_itself_once_a_day(doors):
    assert start_security_check.apply().get() == 1
    assert start_security_check.apply().get() == 0, "one is under way"
    while Job.objects.active().exists():
        run_jobs.apply()
    assert SecurityCheckRun.objects.get().by is None
    assert start_security_check.apply().get() == 0, "there was one today"
    SecurityCheckRun.objects.update(
        started_at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=37)
    )
    assert start_security_check.apply().get() == 1


def test_it_is_in_the_timetable():
    tasks = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {"core.start_security_check", "staff.sweep_sessions"} <= tasks
