"""Who is heard of, who is not, and what the checks say of it."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import translation

from servicedesk.core.models import Heartbeat, HeartKind, Sweep
from servicedesk.core.operations import checks, heartbeats, sweeps
from servicedesk.core.operations.heartbeats import Pulse
from servicedesk.core.tasks import tick

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def look(check):
    with connection.cursor() as cursor:
        return check(cursor)


def ticked(queue, *, ago=0, waited=1):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at = cursor.fetchone()[0] - dt.timedelta(seconds=ago)
    Heartbeat.objects.update_or_create(
        kind=HeartKind.QUEUE,
        name=queue,
        defaults={"since": at - dt.timedelta(seconds=waited), "at": at},
    )


def test_a_queue_that_nobody_works_on_is_named():
    assert look(checks.workers) == "no worker takes from: celery, jobs, letters"
    for queue in ("celery", "jobs", "letters"):
        ticked(queue)
    assert look(checks.workers) == ""
    ticked("letters", ago=checks.TICK_LATE + 5)
    assert look(checks.workers) == "no worker takes from: letters"


def test_a_beat_that_fell_silent_is_missed():
    assert look(checks.beats) == "no beat was heard of lately"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (kind, name, version, queues, since, at)"
            " VALUES ('beat', 'a/1', '', '', now(), now()),"
            " ('beat', 'b/1', '', '', now(), now() - interval '1 hour')"
        )
    assert look(checks.beats) == ""
    Heartbeat.objects.filter(name="a/1").delete()
    assert look(checks.beats) == "no beat was heard of lately"


def test_a_sweep_is_late_after_three_turns_also_if_it_never_ran():
    with connection.cursor() as cursor:
        sweeps.expect_sweeps(cursor)
        sweeps.expect_sweeps(cursor)
    assert Sweep.objects.count() == len(sweeps.timetable()) > 20
    assert look(checks.sweeps) == ""

    name, every = "tickets.sweep_letters", sweeps.timetable()["tickets.sweep_letters"]
    over = dt.timedelta(seconds=checks.latest(every) + 1)
    row = Sweep.objects.get(name=name)
    Sweep.objects.filter(name=name).update(since=row.since - over)
    assert look(checks.sweeps) == f"these sweeps are late or fail: {name}"
    sweeps.note_done(name)
    assert look(checks.sweeps) == ""


def test_a_sweep_that_fails_again_and_again_is_named_until_it_works():
    name = "tickets.sweep_clocks"
    for _ in range(checks.FAILED_OFTEN):
        assert look(checks.sweeps) == ""
        sweeps.note_failed(name, ValueError("13800138000"))
    assert name in look(checks.sweeps)
    row = Sweep.objects.get(name=name)
    assert (row.failures, row.fault, row.done_at) == (3, "ValueError", None)
    sweeps.note_done(name)
    assert look(checks.sweeps) == ""


def test_a_sweep_of_every_few_seconds_writes_once_in_ten():
    for _ in range(2):
        sweeps.note_done("core.run_jobs")
        first = Sweep.objects.get().done_at
    sweeps.note_done("core.run_jobs")
    assert Sweep.objects.get().done_at == first
    Sweep.objects.update(done_at=first - dt.timedelta(seconds=11))
    sweeps.note_done("core.run_jobs")
    assert Sweep.objects.get().done_at >= first


def test_only_what_is_on_the_timetable_counts():
    sweeps._done(SimpleNamespace(name="tickets.unheard_of"))
    assert not Sweep.objects.exists()


def test_a_sweep_that_could_not_be_noted_is_done_all_the_same(caplog):
    with connection.execute_wrapper(_away):
        sweeps.note_done("core.run_jobs")
    assert "was not noted" in caplog.text


def _away(execute, sql, params, many, context):
    from django.db import OperationalError  # noqa: PLC0415

    raise OperationalError("gone")


def test_the_tick_notes_the_queue_and_what_is_expected():
    gone = Heartbeat.objects.create(
        kind="web", name="old/1",
        since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    tick.push_request(delivery_info={"routing_key": "letters"})
    try:
        assert tick.run() == "letters"
    finally:
        tick.pop_request()
    assert Heartbeat.objects.get().name == "letters"
    assert not Heartbeat.objects.filter(pk=gone.pk).exists()
    assert Sweep.objects.exists()


def test_a_full_disk_is_named_and_a_small_one_need_not_be_empty(monkeypatch):
    gib = 1024**3
    places = [("media", 100 * gib, 4 * gib), ("tmp", gib // 2, gib // 3)]
    monkeypatch.setattr(checks, "rooms", lambda: places)
    assert look(checks.disks) == "the disk is nearly full: media"
    places[0] = ("media", 100 * gib, 6 * gib)
    assert look(checks.disks) == ""


def test_the_disks_of_this_machine_are_measured(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "not" / "yet"
    found = checks.rooms()
    assert found[0][0] == "media"
    assert all(0 < free <= total for _name, total, free in found)


def test_a_pulse_writes_its_row_and_takes_it_away(committed):
    pulse = Pulse(HeartKind.WORKER, "daily@desk-1", queues="celery,letters")
    pulse.beat()
    row = Heartbeat.objects.get(kind="worker")
    assert row.name.startswith("daily@desk-1/")
    assert row.queues == "celery,letters"
    assert row.version == heartbeats.settings.VERSION
    pulse.beat()
    again = Heartbeat.objects.get(kind="worker")
    assert (again.pk, again.since) == (row.pk, row.since)
    assert again.at > row.at
    pulse.stop()
    assert not Heartbeat.objects.filter(kind="worker").exists()


def test_a_pulse_without_a_database_is_silent(monkeypatch, caplog):
    def refuse(_about):
        raise heartbeats.psycopg2.OperationalError("password of somebody")

    monkeypatch.setattr(heartbeats, "own_line", refuse)
    caplog.set_level("INFO")
    Pulse(HeartKind.WEB).beat()
    assert "OperationalError" in caplog.text
    assert "password" not in caplog.text
