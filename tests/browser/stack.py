"""A whole desk for a test: its own database, broker, mail server and processes.

The servers come from DATABASE_URL and REDIS_URL; everything else is made here and
taken away again, also after a test run that was killed.
"""

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from pathlib import Path

import psycopg2
import redis

from servicedesk.embedded.ports import free_port
from tests.browser.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]
OWNER = "test-stack-owner"
PATIENCE = 90
TAIL = 15
QUICK = 4320
"""At this speed 48 hours are 40 seconds: asked at once, called after 20, missed at 40."""


class Stack:
    """A desk that runs for the length of a `with` block.

    `speed` shortens the follow-up times; `parts` are the processes to begin with;
    `sweep_seconds` is how often due rows are looked for.
    """

    def __init__(self, *, speed=QUICK, parts=("web", "worker", "beat"), demo=True):
        self.speed, self.parts, self.demo = speed, parts, demo
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mail = Mailbox()
        self.password = ""
        self.processes = {}
        self.environment = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_details):
        self._stack.close()

    # --- start ---

    def _start(self):
        folder = tempfile.TemporaryDirectory(
            prefix="desk-stack-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._stack.enter_context(folder))
        self.database = self._stack.enter_context(own_database())
        self.broker = self._stack.enter_context(own_broker())
        self._stack.enter_context(self.mail)
        self.environment = self._settings()
        self.manage("compile_translations")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.manage("migrate", "--noinput", "--verbosity", "0")
        if self.demo:
            self.manage("load_demo")
            self.password = (self.folder / "demo-password").read_text().strip()
        self._stack.callback(self.stop)
        for part in self.parts:
            self.run(part)
        if "web" in self.parts:
            self._wait_for_login_page()

    def _settings(self):
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        for kind in ("field", "index", "seal"):
            file = keys / f"{kind}-1.key"
            file.write_bytes(b64encode(secrets.token_bytes(32)))
            file.chmod(0o600)
        return dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings.desk",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.broker,
            "DATA_DIR": str(self.folder),
            "STATIC_ROOT": str(self.folder / "static"),
            "FIELD_KEYS_DIR": str(keys),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "BASE_URL": self.url,
            "SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}?tls=none",
            "DEMO_FOLLOW_UP_SPEED": str(self.speed),
            # Each browser of a test comes from an address of its own.
            "TRUSTED_PROXIES": "1",
            # Tests ask nobody on the net.
            "VULNERABILITY_LIST": "off",
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "WARNING",
        }

    def manage(self, *words):
        """Run a command of manage.py and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"manage.py {words[0]} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def run(self, part, name="", *, queues="", **environment):
        """Start one process: web, worker, jobs or beat.

        `name` tells two of a kind apart. A worker takes all queues, or those named;
        jobs is a worker that does long work only, as on a real desk.
        """
        name = name or part
        if part == "jobs":
            part, queues = "worker", "jobs"
        commands = {
            "web": [
                *("uvicorn", "servicedesk.asgi:application", "--no-access-log"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--timeout-graceful-shutdown", "2"),
            ],
            "worker": [
                *("celery", "-A", "servicedesk", "worker", "--concurrency", "1"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
                *("--hostname", f"{name}@{self.port}"),
                *(("--queues", queues) if queues else ()),
            ],
            "beat": [
                *("celery", "-A", "servicedesk", "beat", "--pidfile="),
                *("--schedule", str(self.folder / f"{name}-schedule")),
            ],
        }
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *commands[part]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment | environment,
                start_new_session=True,
            )

    def _wait_for_login_page(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=10):
                    return
            except (OSError, urllib.error.URLError):
                dead = self.processes["web"].poll() is not None
                if dead or time.monotonic() > deadline:
                    raise AssertionError(f"No login page.\n{self.told()}") from None
            time.sleep(0.2)

    # --- while it runs ---

    def log(self, name):
        """Return the file that a process writes to."""
        return self.folder / f"{name}.log"

    def told(self):
        """Return the end of every log, for a person who looks at a failed test."""
        parts = []
        for file in sorted(self.folder.glob("*.log")):
            lines = file.read_text(errors="replace").splitlines()[-TAIL:]
            parts.append(f"--- {file.stem} ---\n" + "\n".join(lines))
        return "\n".join(parts)

    def ask(self, sql, *values):
        """Return the rows that the database gives; every call is a transaction."""
        with contextlib.closing(psycopg2.connect(self.database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []

    def speak(self, username, language):
        """Have a member of staff read in this language."""
        self.ask(
            "UPDATE staff_user SET language = %s WHERE username = %s",
            language,
            username,
        )

    @contextlib.contextmanager
    def paused(self, name):
        """Hold a process for a while: what it would do by the clock does not happen."""
        group = self.processes[name].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def kill(self, name):
        """End a process and its children at once, as a power cut would."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self):
        """End all processes: kindly first."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 6
        for name in list(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.processes[name].wait(max(0.1, deadline - time.monotonic()))
            self.kill(name)


# --- servers ---


@contextlib.contextmanager
def own_database():
    """Make a database beside the one in DATABASE_URL; give its address."""
    address = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    base = address.path.lstrip("/")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{base}_stack_{worker}_{os.getpid()}_{secrets.token_hex(2)}"
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            _drop_leftovers(cursor, f"{base}_stack_")
            cursor.execute(f'CREATE DATABASE "{name}"')
            try:
                yield urllib.parse.urlunsplit(address._replace(path=f"/{name}"))
            finally:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop_leftovers(cursor, begin):
    cursor.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [begin]
    )
    for (name,) in cursor.fetchall():
        found = re.search(r"_(\d+)_[0-9a-f]{4}$", name)
        if found and not _alive(int(found[1])):
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def own_broker():
    """Take a numbered database of the Valkey server that nobody uses; give its address.

    It must be one of its own: tests empty theirs.
    """
    address = urllib.parse.urlsplit(os.environ["REDIS_URL"])
    for number in range(15, 2, -1):
        url = urllib.parse.urlunsplit(address._replace(path=f"/{number}"))
        with contextlib.closing(redis.Redis.from_url(url)) as server:
            owner = server.get(OWNER)
            if owner and not _alive(int(owner)):
                server.flushdb()
            if server.dbsize() or not server.set(OWNER, os.getpid(), nx=True):
                continue
            try:
                yield url
            finally:
                server.flushdb()
            return
    raise AssertionError("No numbered database of the Valkey server is free.")


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
