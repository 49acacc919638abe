"""Processes die and are renewed while people go on: what they notice of it."""

import signal
import subprocess
import threading
import time

import pytest

from tests.production.compose import ROOT
from tests.production.person import Person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("production"),
]
PAUSE = 0.15
FAIL_TIMEOUT = 1.1
"""Seconds after which the proxy tries a process again, and a little."""


class Crowd:
    """Three people who read page after page, from addresses of their own."""

    def __init__(self, desk, number):
        self.people = [Person(desk, f"127.0.{number}.{n}") for n in (1, 2, 3)]
        self.answers, self.broken = [], []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(person,))
            for person in self.people
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_details):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _read(self, person):
        while not self._stopping.wait(PAUSE):
            try:
                self.answers.append(person.ask("/help/")[0])
            except OSError as error:
                self.broken.append(repr(error))

    def more(self, count=12):
        """Wait until so many more answers have come."""
        wanted, deadline = len(self.answers) + count, time.monotonic() + 30
        while len(self.answers) < wanted and time.monotonic() < deadline:
            time.sleep(0.05)


@pytest.fixture
def li(production):
    person = Person(production, "127.0.1.1")
    person.sign_in("agent", production.password)
    return person


def test_a_killed_web_process_costs_nobody_a_page_and_no_stream_an_event(
    production, li
):
    """Reading goes on at the other process; what was in flight is asked again."""
    streams = [li.listen("/inbox/?queue=team") for _ in range(4)]
    with Crowd(production, 2) as crowd:
        crowd.more()
        production.kill("web-1")
        crowd.more()
        customer = Person(production, "127.0.1.2")
        assert customer.request("还有人在吗")[0] == 302
        for stream in streams:
            stream.wait_for("ticket", seconds=30)
        production.start("web-1")
        production.wait_healthy("web-1")
        crowd.more()

    assert set(crowd.answers) == {200}
    assert not crowd.broken
    assert {stream.openings for stream in streams} <= {1, 2}
    for stream in streams:
        stream.close()


def test_processes_renewed_one_by_one_as_in_an_upgrade_lose_nothing(production):
    with Crowd(production, 3) as crowd:
        for name in ("web-1", "web-2"):
            assert production.end(name) in {0, -signal.SIGTERM}
            crowd.more()
            production.start(name)
            production.wait_healthy(name)
            time.sleep(FAIL_TIMEOUT)
            crowd.more()

    assert set(crowd.answers) == {200}
    assert not crowd.broken


def test_without_any_web_process_the_proxy_says_so_itself(production):
    for name in production.web:
        production.kill(name)
    try:
        status, headers, text = Person(production, "127.0.1.3").ask("/help/")
        assert status == 502
        assert "暂时无法使用" in text
        assert headers["Cache-Control"] == "no-store"
    finally:
        for name in production.web:
            production.start(name)
        for name in production.web:
            production.wait_healthy(name)
        production.wait_served()


def test_a_killed_worker_is_not_missed(production):
    production.kill("worker-1")
    try:
        assert Person(production, "127.0.1.4").request("一个工人不在")[0] == 302
        production.manage("shell", "-c", "from tickets.tasks import _wake; _wake()")
        deadline = time.monotonic() + 30
        while owed(production) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not owed(production)
    finally:
        production.start("worker-1")


def owed(production):
    [[count]] = production.ask(
        "SELECT count(*) FROM tickets_letter WHERE state IN ('due', 'sending') "
        "AND due_at <= now()"
    )
    return count


@pytest.mark.parametrize("name", ["worker-2", "worker-jobs", "beat"])
def test_the_other_processes_stop_in_good_order(production, name):
    assert production.end(name) == 0, production.told()
    production.start(name)


def ask_as_compose_does(production, name):
    """Ask a worker's health check until it answers; return its words if it never does.

    A worker that was started a moment ago hears nothing yet: compose waits through
    the start period and asks so many times again.
    """
    check = production.services[name]["healthcheck"]
    waits = [int(check[word].rstrip("s")) for word in ("start_period", "timeout")]
    deadline = time.monotonic() + sum(waits) * int(check["retries"])
    while True:
        done = subprocess.run(
            ["/bin/sh", "-c", check["test"][1].replace("$HOSTNAME", name)],
            cwd=ROOT,
            env=production.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return None
        if time.monotonic() > deadline:
            return done.stdout + done.stderr


def test_the_health_checks_of_workers_and_beats_find_them(production):
    for name in ("worker-2", "worker-jobs"):
        told = ask_as_compose_does(production, name)
        assert told is None, told
    check = production.services["beat"]["healthcheck"]["test"][1]
    check = check.replace("/tmp", str(production.folder)).replace(
        "beat-schedule*", "beat-2-schedule*"
    )
    assert subprocess.run(["/bin/sh", "-c", check], check=False).returncode == 0
