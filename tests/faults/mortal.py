"""A desk of which every part may be killed at any time, and people who go on meanwhile."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import tempfile
import threading
import time
import uuid

from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.place import find_place
from servicedesk.embedded.ports import is_free
from servicedesk.embedded.postgres import Postgres
from servicedesk.embedded.valkey import Valkey
from tests.browser.stack import Stack
from tests.faults.running import SETUP, Visitor

PARTS = ("web", "worker", "beat")
SERVERS = ("valkey", "postgres")
PAUSE = 0.1
READY = f"""{SETUP}
import datetime as dt
from tickets import links
from tickets.actions.resolve import resolve
from servicedesk.core.public_forms import stamp
moment = now() - dt.timedelta(hours=1)
made = [create_ticket(request=Request(name="李强",
    contact=parse_contact(f"m{{n}}@customer.example"),
    category=Category.objects.get(slug="question"), subject="before", body="b",
    channel=Channel.WEB), by=None, now=moment, client_key=None) for n in range(75)]
for ticket in made[:60]:
    resolve(ticket=ticket, root_cause="a", solution="b", words="c", by=user, now=moment)
print(json.dumps({{"session": session.session_key, "opened": stamp(moment),
    "category": Category.objects.get(slug="refund").pk,
    "answered": [ticket.number for ticket in made[60:65]],
    "told": [links.token_of(links.issue_link(ticket=ticket, now=moment))
        for ticket in made[65:]],
    "asked": {{str(ticket.pk): links.token_of(links.issue_link(ticket=ticket, now=now()))
        for ticket in made[:60]}}}}))
"""


@contextlib.contextmanager
def own_servers():
    """Give a durable PostgreSQL and a Valkey of their own, both of which may die."""
    ground = pathlib.Path(tempfile.mkdtemp(prefix="servicedesk-mortal-"))
    ground.chmod(0o711)
    folder = DataFolder(ground / "data")
    folder.open()
    place = find_place(folder)
    servers = Postgres(folder, place), Valkey(folder, place)
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(place.path, ignore_errors=True)
        shutil.rmtree(ground, ignore_errors=True)


class MortalDesk(Stack):
    """Web, worker, beat and both servers; what is dead is started as a supervisor would."""

    def __init__(self, postgres, valkey):
        super().__init__(parts=(), demo=False, speed=1)
        self.servers = {"postgres": postgres, "valkey": valkey}
        self.down = set()

    def _settings(self):
        self.database = self.servers["postgres"].url
        self.broker = self.servers["valkey"].url
        quick = {"WEB_LOCK_TIMEOUT": "2s", "WEB_STATEMENT_TIMEOUT": "5s"}
        return super()._settings() | quick

    def populate(self):
        """Make tickets, links and somebody who is signed in; give what people need."""
        return json.loads(self.manage("shell", "-c", READY).splitlines()[-1])

    def begin(self):
        for part in PARTS:
            self.run(part)
        self._wait_for_login_page()

    def strike(self, name):
        """Kill -9 a part; a server that was dead already stays so."""
        self.down.add(name)
        if name in PARTS:
            if name in self.processes:
                self.kill(name)
            return
        pid = self.servers[name].running()
        if pid:
            os.kill(pid, signal.SIGKILL)

    def raise_up(self, name):
        """Start a part again, at the address it had."""
        self.down.discard(name)
        if name in PARTS:
            self.run(name)
            return
        server, deadline = self.servers[name], time.monotonic() + 30
        port = server.port
        while server.running() or not is_free(port):
            assert time.monotonic() < deadline, f"{name} does not die"
            time.sleep(0.05)
        server.start()
        assert server.port == port

    def supervise(self):
        """Start what ended by itself, because another part was away."""
        for name in PARTS:
            process = self.processes.get(name)
            if name not in self.down and (
                process is None or process.poll() is not None
            ):
                self.run(name)


def kill_in_some_order(desk, rng):
    """Kill each part once, in any order; some come back before the next one dies."""
    for name in rng.sample(PARTS + SERVERS, 5):
        desk.strike(name)
        time.sleep(rng.uniform(0.1, 0.9))
        for other in sorted(desk.down):
            if rng.random() < 0.4:
                desk.raise_up(other)
        desk.supervise()
    for name in rng.sample(sorted(desk.down), len(desk.down)):
        desk.raise_up(name)


class Somebody(threading.Thread):
    """Sends form after form; each is sent again until it is acknowledged.

    `forms` gives (mark, path, content); what was answered with a redirect is in
    `acknowledged`, any answer that is neither that nor an outage in `refused`.
    """

    def __init__(self, desk, session, forms):
        super().__init__(daemon=True)
        self.desk, self.visitor, self.forms = desk, Visitor(desk, session), forms
        self.acknowledged, self.refused, self.failures = [], [], 0
        self.stopping = threading.Event()

    def run(self):
        for mark, path, content in self.forms:
            if self.stopping.is_set():
                return
            if self._send(path, content):
                self.acknowledged.append(mark)
            time.sleep(PAUSE)

    def _send(self, path, content):
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                status, _headers, told = self.visitor.ask(path, **content)
            except (OSError, ValueError):  # refused, cut, or half an answer
                status, told = 0, ""
            if status == 302:
                return True
            if status not in {0, 500, 502, 503}:
                self.refused.append((path, status, told[-1500:]))
                return False
            self.failures += 1
            time.sleep(PAUSE)
        self.refused.append((path, "never taken", ""))
        return False


def requests(facts):
    """Customers write for the first time."""
    while True:
        mark = f"killed {uuid.uuid4()}"
        yield (
            mark,
            "/help/request/",
            {
                "name": "张伟",
                "contact": f"{mark[-12:]}@customer.example",
                "category": facts["category"],
                "subject": mark,
                "body": "还有人在吗",
                "client_key": str(uuid.uuid4()),
                "opened": facts["opened"],
            },
        )


def replies(facts):
    """An agent answers."""
    rng = random.Random(1)
    while True:
        key = str(uuid.uuid4())
        number = rng.choice(facts["answered"])
        content = {"body": f"您好 {key}", "seen_seq": 1, "client_key": key}
        yield key, f"/inbox/{number}/reply/", content


def messages(facts):
    """Customers write again, on their own page."""
    rng = random.Random(2)
    while True:
        key = str(uuid.uuid4())
        token = rng.choice(facts["told"])
        yield key, f"/r/{token}/reply/", {"body": f"补充 {key}", "client_key": key}


def answers(facts):
    """Customers say that it is solved."""
    for ticket, token in facts["asked"].items():
        yield ticket, f"/r/{token}/answer/", {"answer": "solved", "words": ""}
        time.sleep(3 * PAUSE)
