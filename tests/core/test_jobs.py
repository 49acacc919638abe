import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from servicedesk.core.actions.jobs import cancel_job, retry_job, start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs import registry
from servicedesk.core.jobs.registry import Step, register_job
from servicedesk.core.jobs.runner import LEASE, WAITS, run_job, take_job
from servicedesk.core.jobs.telling import readable_jobs
from servicedesk.core.jobs.words import error_of, left_of, progress_of, title_of
from servicedesk.core.models import Job, JobState, LiveEvent
from tests.core.counting.step import TABLE, count
from tests.desk import at_once, committed, desk, fresh
from tests.factories import MINUTE, NOW, UserFactory

__all__ = ["committed", "desk"]
SECOND = dt.timedelta(seconds=1)
KIND = "tests.count"


@pytest.fixture
def kinds(monkeypatch):
    """Give the kinds of this test; those of the apps come back after it."""
    monkeypatch.setattr(registry, "_kinds", {})
    register_job(KIND, title="Counting", step=count, permission="core.view_job")


@pytest.fixture
def counted(desk, kinds):
    """Give what was counted so far, a number a portion."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    return numbers


@pytest.fixture
def anna(desk):
    """Anna looks after the system."""
    return UserFactory(display_name="Anna", role="administrator")


def numbers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM counted ORDER BY 1")
        return [number for (number,) in cursor.fetchall()]


def start(kind=KIND, by=None, now=NOW, **params):
    return start_job(kind=kind, params=params, by=by, now=now)


def work(now=NOW, *, portions=1000, pk=None):
    """Be a worker: take a job and do so many portions; the job, or None."""
    holder, left = uuid.uuid4(), iter(range(portions - 1))
    job = take_job(holder=holder, now=now, pk=pk)
    if job is not None:
        run_job(
            job=job,
            holder=holder,
            clock=lambda: now,
            enough=lambda: next(left, None) is None,
        )
    return job and fresh(job)


def vanish(now=NOW, **given):
    """Be a worker that dies between two portions."""
    return take_job(holder=uuid.uuid4(), now=now, **given)


def test_a_job_is_done_in_portions_and_keeps_its_result(counted, anna):
    job = start(by=anna, to=3)

    done = work(NOW + SECOND)

    assert counted() == [1, 2, 3]
    assert (done.state, done.done, done.total) == (JobState.DONE, 3, 3)
    assert done.result == {"counted": 3}
    assert (done.created_at, done.ended_at) == (NOW, NOW + SECOND)
    assert work(NOW + MINUTE) is None
    told = LiveEvent.objects.filter(kind="job_changed", ref=job.pk)
    assert {f"user:{anna.pk}", f"job:{job.pk}", "job:all"} == {
        event.channel for event in told
    }


def test_jobs_take_turns(counted):
    first, second = start(to=3), start(to=3, now=NOW + SECOND)

    for n in range(2, 8):
        work(NOW + n * SECOND, portions=1)

    assert {fresh(first).done, fresh(second).done} == {3}


def test_another_worker_goes_on_where_a_dead_one_stopped(counted):
    start(to=3)
    work(portions=1)
    dead = vanish(NOW + SECOND)
    assert work(NOW + LEASE) is None

    done = work(NOW + SECOND + LEASE)

    assert done.pk == dead.pk
    assert done.state == JobState.DONE
    assert counted() == [1, 2, 3]


def test_a_worker_that_was_taken_for_dead_does_nothing_more(counted):
    start(to=3)
    old = uuid.uuid4()
    job = take_job(holder=old, now=NOW)
    work(NOW + LEASE, portions=1)

    run_job(job=job, holder=old, clock=lambda: NOW, enough=lambda: False)

    assert counted() == [1]
    assert fresh(job).state == JobState.RUNNING


def test_work_that_kills_every_worker_fails_in_the_end(counted):
    job = start()
    moment = NOW
    for _ in range(len(WAITS) + 1):
        assert vanish(moment)
        moment += LEASE

    assert vanish(moment) is None
    job = fresh(job)
    assert (job.state, job.error) == (JobState.FAILED, "WorkerLost")
    assert "lost again" in error_of(job)


def test_a_portion_that_fails_is_undone_and_tried_again_later(counted):
    job = start(to=3, stumble=2)
    waits = []
    moment = NOW
    while fresh(job).active:
        work(moment)
        after = fresh(job)
        waits.append(after.due_at - moment)
        moment = max(after.due_at, moment)
        assert counted() == [1]

    assert tuple(waits[:-1]) == WAITS
    failed = fresh(job)
    assert (failed.state, failed.error) == (JobState.FAILED, "ZeroDivisionError")
    assert "ZeroDivisionError" in error_of(failed)


def test_a_failed_job_goes_on_from_where_it_stopped(counted, anna):
    job = start(by=anna, to=3, stumble=3)
    work(portions=2)
    Job.objects.filter(pk=job.pk).update(tries=len(WAITS))
    assert work(NOW + MINUTE).state == JobState.FAILED

    Job.objects.filter(pk=job.pk).update(params={"to": 3})
    retry_job(job=job, by=anna, now=NOW + MINUTE)
    assert work(NOW + MINUTE).state == JobState.DONE
    assert counted() == [1, 2, 3]
    with pytest.raises(RuleError):
        retry_job(job=job, by=anna, now=NOW + MINUTE)


def test_a_rule_that_refuses_is_not_tried_again(counted):
    def refuse(job, now):
        raise RuleError("no")

    register_job("tests.refuse", title="Refusing", step=refuse, permission="")
    start("tests.refuse")

    failed = work()

    assert (failed.state, failed.error) == (JobState.FAILED, "RuleError")


def test_a_waiting_job_is_cancelled_at_once(counted, anna):
    job = start(by=anna)

    cancel_job(job=job, by=anna, now=NOW + SECOND)
    cancel_job(job=job, by=anna, now=NOW + MINUTE)

    assert fresh(job).state == JobState.CANCELLED
    assert fresh(job).ended_at == NOW + SECOND
    assert work(NOW + MINUTE) is None


def test_a_running_job_is_cancelled_after_its_portion(counted, anna):
    def count_and_cancel(job, now):
        if job.cursor == 1:
            Job.objects.filter(pk=job.pk).update(cancel_asked_at=now)
        return count(job, now)

    register_job("tests.cut", title="Cut", step=count_and_cancel, permission="")
    job = start("tests.cut", to=5)

    work()

    assert fresh(job).state == JobState.CANCELLED
    assert counted() == [1, 2]
    with pytest.raises(RuleError):
        retry_job(job=job, by=anna, now=NOW)


def test_what_is_over_cannot_be_cancelled(counted, anna):
    job = start(to=1)
    work()
    with pytest.raises(RuleError):
        cancel_job(job=job, by=anna, now=NOW)


def test_of_a_kind_that_runs_alone_there_is_one(counted, anna):
    register_job("tests.alone", title="Alone", step=count, permission="", alone=True)
    first = start("tests.alone")
    with pytest.raises(RuleError):
        start("tests.alone")

    cancel_job(job=first, by=anna, now=NOW)

    assert start("tests.alone").state == JobState.QUEUED


def test_who_lacks_the_permission_cannot_start_it(counted):
    with pytest.raises(PermissionDenied):
        start(by=UserFactory(display_name="Ben", role="agent"))
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "params", [{"name": "张伟"}, {"ids": [1, "two words"]}, {"a b": 1}, {"x": 1j}]
)
def test_a_job_holds_ids_and_numbers_only(counted, params):
    with pytest.raises(ValueError, match="A job"):
        start_job(kind=KIND, params=params, by=None, now=NOW)


def test_a_kind_that_nobody_knows_waits_for_a_worker_that_does(counted, monkeypatch):
    job = start()
    monkeypatch.setattr(registry, "_kinds", {})
    assert work() is None
    assert title_of(job) == KIND
    with pytest.raises(LookupError):
        start()


def test_two_things_under_one_name_are_refused(kinds):
    register_job(KIND, title="Counting", step=count, permission="core.view_job")
    with pytest.raises(ValueError, match=r"tests\.count"):
        register_job(KIND, title="Other", step=count, permission="")
    with pytest.raises(ValueError, match="Bad name"):
        register_job("Bad name", title="Bad", step=count, permission="")


def test_who_sees_which_job(counted, anna):
    ben = UserFactory(display_name="Ben")
    bens, other = start(), start()
    Job.objects.filter(pk=bens.pk).update(by=ben)

    assert set(Job.objects.visible_to(anna)) == {bens, other}
    assert set(Job.objects.visible_to(ben)) == {bens}
    channels = [f"job:{bens.pk}", f"job:{other.pk}", "job:all"]
    assert list(readable_jobs(ben, channels)) == [f"job:{bens.pk}"]
    assert set(readable_jobs(anna, channels)) == set(channels)
    assert list(readable_jobs(ben, ["job:x"])) == []


def test_the_database_guards_the_states(counted):
    job = start()
    for wrong in (
        {"state": "lost"},
        {"state": "done"},
        {"ended_at": NOW},
        {"holder": uuid.uuid4()},
        {"error": "Oops"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**wrong)


def test_the_time_left_is_told_when_it_can_be_known(counted):
    job = start(to=100)
    work(portions=1)
    job = fresh(job)
    assert left_of(job, NOW) == ""
    Job.objects.filter(pk=job.pk).update(done=10)
    job = fresh(job)
    assert progress_of(job) == "10 of 100"
    assert left_of(job, NOW + 10 * SECOND) == "about 2 minutes left"
    assert left_of(job, NOW + 6 * SECOND) == "less than a minute left"
    assert left_of(job, NOW + 600 * SECOND) == "about 2 hours left"


def test_two_workers_never_take_one_job(committed, kinds):
    job = start()
    took = at_once(*(vanish,) * 4)
    assert [each for each in took if each] == [job]


def test_two_starts_at_once_of_what_runs_alone(committed, kinds):
    register_job("tests.alone", title="Alone", step=count, permission="", alone=True)
    got = at_once(*(lambda: start("tests.alone"),) * 3)
    assert sorted(type(each).__name__ for each in got) == [
        "Job",
        "RuleError",
        "RuleError",
    ]


def test_commands_list_jobs_and_run_them(counted, capsys):
    call_command("jobs")
    assert "No jobs." in capsys.readouterr().out
    start(to=2)
    call_command("run_job", KIND, "--param", "to=3")
    told = capsys.readouterr().out
    assert "1 of 3" in told
    assert 'Done: {"counted": 3}' in told
    call_command("jobs")
    waiting, done = capsys.readouterr().out.splitlines()
    assert "Waiting" in waiting
    assert "Done · Counting · 3 of 3" in done
    with pytest.raises(CommandError, match=r"tests\.count"):
        call_command("run_job", "no.such")
    with pytest.raises(CommandError, match="NAME=VALUE"):
        call_command("run_job", KIND, "--param", "to")


def test_a_job_without_a_known_total_says_what_is_done(kinds, desk):
    def once(job, now):
        return Step(None, 1200)

    register_job("tests.once", title="Once", step=once, permission="")
    start("tests.once")
    assert progress_of(work(portions=1)) == "1,200 done"
