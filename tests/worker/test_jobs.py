import signal
import time

import pytest
import redis

from tests.browser.stack import OWNER, Stack
from tests.core.counting.step import TABLE

pytestmark = [pytest.mark.worker, pytest.mark.xdist_group("worker")]


class Counting(Stack):
    """A desk that can also count."""

    def _settings(self):
        counting = {"DJANGO_SETTINGS_MODULE": "tests.core.counting.settings"}
        return super()._settings() | counting


@pytest.fixture(scope="module")
def stack():
    """A desk without processes: each test starts the workers that it needs."""
    with Counting(parts=(), demo=False, speed=1) as running:
        running.ask(TABLE)
        yield running


@pytest.fixture(autouse=True)
def _calm(stack):
    yield
    stack.stop()
    empty_the_broker(stack)
    stack.ask("TRUNCATE core_job, counted CASCADE")


def empty_the_broker(stack):
    with redis.Redis.from_url(stack.broker) as server:
        owner = server.get(OWNER)
        server.flushdb()
        server.set(OWNER, owner)


def start(stack, to, *, count=1, pause=0.02):
    stack.manage(
        "shell",
        "-c",
        f"""
from django.utils.timezone import now
from servicedesk.core.actions.jobs import start_job
for _ in range({count}):
    start_job(kind="tests.count", params={{"to": {to}, "pause": {pause}}}, by=None,
        now=now())
""",
    )


def wait_until(true, seconds=40):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def states(stack):
    return {state for (state,) in stack.ask("SELECT state FROM core_job")}


def numbers(stack):
    return [n for (n,) in stack.ask("SELECT number FROM counted ORDER BY 1")]


def counting(stack, at_least):
    return lambda: len(numbers(stack)) >= at_least


def at_once(stack):
    """Let the lease of a dead worker be over, without waiting for it."""
    stack.ask("UPDATE core_job SET beat_at = beat_at - interval '1 minute'")


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(stack):
    start(stack, 100)
    stack.run("beat")
    stack.run("jobs")
    wait_until(counting(stack, 20))
    stack.kill("jobs")
    after = len(numbers(stack))
    assert after < 100
    at_once(stack)

    stack.run("jobs", "second")

    wait_until(lambda: states(stack) == {"done"})
    assert numbers(stack) == list(range(1, 101))


@pytest.mark.slow
def test_a_worker_told_to_stop_ends_after_its_portion(stack):
    start(stack, 1000)
    stack.run("beat")
    stack.run("jobs")
    wait_until(counting(stack, 5))
    worker = stack.processes["jobs"]

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(10) == 0
    [(state, holder, done)] = stack.ask("SELECT state, holder, done FROM core_job")
    assert (state, holder) == ("running", None)
    assert numbers(stack) == list(range(1, done + 1))
    assert done < 1000


@pytest.mark.slow
def test_two_workers_do_several_jobs_each_portion_once(stack):
    start(stack, 40, count=4)
    stack.run("beat")
    stack.run("jobs")
    stack.run("jobs", "jobs-2")
    wait_until(counting(stack, 10))
    empty_the_broker(stack)

    wait_until(lambda: states(stack) == {"done"})
    assert numbers(stack) == sorted(list(range(1, 41)) * 4)


@pytest.mark.slow
def test_long_work_does_not_hold_up_the_sweeps(stack):
    start(stack, 10_000)
    stack.run("beat")
    stack.run("jobs")
    stack.run("worker", queues="celery,letters")
    wait_until(counting(stack, 5))
    asked = "SELECT state FROM tickets_letter"
    stack.manage(
        "shell",
        "-c",
        """
from django.utils.timezone import now
from customers.actions.identify import parse_contact
from tickets.actions.create import Request, create_ticket
from tickets.models import Category, Channel
create_ticket(request=Request(name="张伟",
    contact=parse_contact("zhang.wei@customer.example"),
    category=Category.objects.get(slug="question"), subject="…", body="…",
    channel=Channel.WEB), by=None, now=now(), client_key=None)
""",
    )
    wait_until(lambda: stack.ask(asked) == [("sent",)])
    assert states(stack) == {"running"}
