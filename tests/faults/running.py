"""A running desk to break: its own broker, a signed-in visitor, an open event stream."""

import contextlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import redis

from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.place import find_place
from servicedesk.embedded.valkey import Valkey
from tests.browser.stack import ROOT, Stack

PATIENCE = 60
TOKEN = "a" * 32
SETUP = """
import json
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.timezone import now
from customers.actions.identify import parse_contact
from servicedesk.core.live.tokens import stream_token
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import Role, Team, User
from tickets.actions.create import Request, create_ticket
from tests.factories import clear
from tickets.models import Category, Channel
user = User.objects.create_user(username="wang", display_name="Wang", language="en")
set_roles(user=user, groups=[Role.objects.get(key="agent").group])
add_member(team=Team.objects.get(slug="call-centre"), user=user, lead=False)
clear(user)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "servicedesk.staff.backends.RoleBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
tickets = [create_ticket(request=Request(name="张伟",
    contact=parse_contact(f"c{n}@customer.example"),
    category=Category.objects.get(slug="question"), subject="s", body="b",
    channel=Channel.WEB), by=None, now=now(), client_key=None) for n in range(12)]
print(json.dumps({"session": session.session_key,
    "numbers": [ticket.number for ticket in tickets],
    "token": stream_token(user_id=user.pk, session_key=session.session_key,
        channels=[f"ticket:{ticket.pk}" for ticket in tickets], now=now())}))
"""


@contextlib.contextmanager
def own_valkey():
    """Start a Valkey that may be stopped, filled and emptied; give it."""
    ground = pathlib.Path(tempfile.mkdtemp(prefix="servicedesk-faults-"))
    ground.chmod(0o711)
    folder = DataFolder(ground / "data")
    folder.open()
    valkey = Valkey(folder, find_place(folder), ephemeral=True)
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.stop()
        shutil.rmtree(ground)


class RunningDesk(Stack):
    """Web, worker and beat on a database and a broker of their own."""

    def __init__(self, valkey):
        super().__init__(parts=(), demo=False, speed=1)
        self.valkey = valkey

    def begin(self, *parts):
        """Start processes; with a web server among them, wait until it answers."""
        for part in parts:
            self.run(part)
        if "web" in parts:
            self._wait_for_login_page()

    def kill_at_every_statement(self, task, left):
        """Run a sweep until nothing is left, dying at each step; return how often."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.deadly", task, left],
            cwd=ROOT,
            env=self.environment | {"LOG_LEVEL": "CRITICAL"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return int(done.stdout.splitlines()[-1])

    def _settings(self):
        self.broker = self.valkey.url
        quick = {"WEB_LOCK_TIMEOUT": "1s", "WEB_STATEMENT_TIMEOUT": "2s"}
        return super()._settings() | quick

    def populate(self):
        """Make an agent who is signed in, and tickets; give what a visitor needs."""
        return json.loads(self.manage("shell", "-c", SETUP).splitlines()[-1])

    def cut(self):
        """End every connection to the database, as its restart would; return how many."""
        name = urllib.parse.urlsplit(self.database).path.lstrip("/")
        ended = self.ask(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            name,
        )
        return len(ended)

    @contextlib.contextmanager
    def altered(self, change, back):
        """Change the database itself for a while; all connections begin anew."""
        name = urllib.parse.urlsplit(self.database).path.lstrip("/")
        self._alter(name, change)
        self.cut_from_outside(name)
        try:
            yield
        finally:
            self._alter(name, back)
            self.cut_from_outside(name)

    def _alter(self, name, change):
        self._outside(f'ALTER DATABASE "{name}" {change}')

    def cut_from_outside(self, name):
        self._outside(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            name,
        )

    def _outside(self, sql, *values):
        """Ask the server, not this database: it may let nobody in."""
        inside = self.database
        address = urllib.parse.urlsplit(inside)
        self.database = urllib.parse.urlunsplit(address._replace(path="/postgres"))
        try:
            return self.ask(sql, *values)
        finally:
            self.database = inside

    def redis(self):
        return redis.Redis.from_url(self.valkey.url, socket_timeout=5)

    def letters(self, number):
        """Return the states of a ticket's letters."""
        rows = self.ask(
            "SELECT l.kind, l.state FROM tickets_letter l JOIN tickets_ticket t "
            "ON t.id = l.ticket_id WHERE t.number = %s ORDER BY l.id",
            number,
        )
        return dict(rows)


class Visitor:
    """A browser without scripts: one session, forms with their token."""

    def __init__(self, desk, session):
        self.desk = desk
        self.cookies = f"desk_session={session}; desk_csrf={TOKEN}"

    def ask(self, path, **form):
        """Get a page, or post a form; return status, headers and text."""
        body = None
        if form:
            form["csrfmiddlewaretoken"] = TOKEN
            body = urllib.parse.urlencode(form).encode()
        status, headers, told = self._send(path, body)
        if status == 307:  # the link of a letter: on with its cookie, as browsers do
            given = headers["Set-Cookie"].partition(";")[0]
            return self._send(headers["Location"], body, given)
        return status, headers, told

    def _send(self, path, body, *more):
        # From another address each time: nobody is to meet a rate limit.
        address = f"10.{random.getrandbits(7)}.{random.getrandbits(7)}.1"
        cookies = "; ".join([self.cookies, *more])
        headers = {"Cookie": cookies, "X-Forwarded-For": address}
        request = urllib.request.Request(self.desk.url + path, body, headers)
        try:
            with urllib.request.build_opener(Stay).open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given):
        return None


def answer_form(words="您好"):
    """Return a reply as the page posts it."""
    return {"body": words, "seen_seq": 1, "client_key": str(uuid.uuid4())}


def wait_until(true, desk, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, desk.told()
        time.sleep(0.2)


class Listener:
    """An open event stream that keeps what it hears."""

    def __init__(self, desk, session, token):
        query = urllib.parse.urlencode({"token": token})
        request = urllib.request.Request(
            f"{desk.url}/events/?{query}", headers={"Cookie": f"desk_session={session}"}
        )
        self._answer = urllib.request.urlopen(request, timeout=60)
        self.heard = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for line in self._answer:
                if line.startswith(b"data: {"):
                    self.heard.append(json.loads(line[6:]))

    def count(self, kind, number):
        return sum(
            (each.get("kind"), each.get("ref")) == (kind, number) for each in self.heard
        )
