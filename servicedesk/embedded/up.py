"""`desk.py up`: everything a desk needs, until somebody stops it."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from types import FrameType
from typing import Self

import psycopg2
import redis

from servicedesk.embedded import parts
from servicedesk.embedded.environment import ROOT, build, manage
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock
from servicedesk.embedded.ports import check_port
from servicedesk.embedded.processes import birth_mark
from servicedesk.embedded.servers import Servers
from servicedesk.embedded.supervisor import Supervisor

ANSWER_SECONDS = 90
LOGIN_PATH = "/accounts/login/"


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal: stop everything in good order."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    with contextlib.suppress(OSError):  # the terminal may be gone; the work goes on
        print(text, flush=True)


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough: it is being done
    raise StopRequested


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that mean "stop" into StopRequested."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # not under nohup
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, _raise_stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Desk:
    """A whole desk in a data folder: a context in which it runs."""

    def __init__(self, folder: DataFolder, port: int, *, demo: bool) -> None:
        self.folder, self.port, self.demo = folder, port, demo
        # By name: passkeys need a domain, and an address is none.
        self.address = f"http://localhost:{port}"
        self.environment: dict[str, str] = {}
        self._lock = FileLock(folder.run / "up.lock")
        self._stack = contextlib.ExitStack()
        self._parts: list[parts.Part] = []
        self._supervisor: Supervisor | None = None

    # --- start ---

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_details: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        self._take_lock()
        for name in parts.stop_orphans(self.folder):
            say(f"Stopped {name}, left behind by an earlier run.")
        check_port(self.port)
        for name in (
            "web",
            "worker",
            "letters",
            "jobs",
            "beat",
            "postgres",
            "valkey",
            "setup",
        ):
            self.folder.turn_log(name)
        say("Starting the servers …")
        servers = self._stack.enter_context(Servers(self.folder))
        self.environment = build(self.folder, servers, self.port)
        self._set_up()
        self._start_parts()
        self._supervisor = Supervisor([*servers.own, *self._parts], say)
        self._wait_for_login_page()

    def _take_lock(self) -> None:
        if not self._lock.take():
            raise DeskError(
                f"This desk is running already at {running_address(self._lock)} "
                "(stop it with: python3 desk.py down)"
            )
        self._stack.callback(self._lock.free)
        note = {"pid": os.getpid(), "mark": birth_mark(os.getpid())}
        self._lock.write_note(json.dumps(note | {"address": self.address}))

    def _set_up(self) -> None:
        """Bring database, translations and static files up to date."""
        self._decide_on_demo()
        _check_broker(self.environment["REDIS_URL"])
        self._run("Compiling translations …", "compile_translations")
        static = self._begin("collectstatic", "--noinput", "--verbosity", "0")
        self._run(
            "Preparing the database …", "migrate", "--noinput", "--verbosity", "0"
        )
        if self.folder.recall(self._demo_note) == "wanted":
            self._run("Loading demonstration data …", "load_demo")
            self.folder.remember(**{self._demo_note: "loaded"})
        self._finish(static)

    def _decide_on_demo(self) -> None:
        """Demonstration data goes into a new database only, and only when wanted.

        Their passwords are known to everybody: a database that was in use must never
        get them later, because somebody forgot --no-demo.
        """
        fresh = _is_fresh(self.environment["DATABASE_URL"])
        if self.folder.recall(self._demo_note) is None:
            wanted = "wanted" if self.demo and fresh else "declined"
            self.folder.remember(**{self._demo_note: wanted})

    @property
    def _demo_note(self) -> str:
        """The name under which the folder remembers: each database has its own."""
        given = os.environ.get("DATABASE_URL")
        if not given:
            return "demo"
        address = urllib.parse.urlsplit(given)
        return f"demo in {address.hostname}:{address.port or 5432}{address.path}"

    def _begin(self, *words: str) -> parts.Part:
        step = parts.setup(self.folder, self.environment, *words)
        self._stack.callback(step.stop)
        step.start()
        return step

    def _finish(self, step: parts.Part) -> None:
        if step.wait():
            raise DeskError(
                f"`manage.py {step.name}` failed. The log, {self.folder.log('setup')}, "
                f"ends with:\n{self.folder.log_tail('setup', 30)}"
            )

    def _run(self, announcement: str, *words: str) -> None:
        say(announcement)
        self._finish(self._begin(*words))

    def _start_parts(self) -> None:
        say("Starting web, worker and beat …")
        self._parts = [
            parts.web(self.folder, self.environment, self.port),
            *parts.workers(self.folder, self.environment),
            parts.beat(self.folder, self.environment),
        ]
        self._stack.callback(self._stop_parts)
        for part in self._parts:
            part.start()

    def _wait_for_login_page(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        web = self._parts[0]
        while not _answers(self.address + LOGIN_PATH):
            if not web.alive() or time.monotonic() > deadline:
                raise DeskError(
                    "The web server does not show its login page. Its log, "
                    f"{self.folder.log('web')}, ends with:\n"
                    f"{self.folder.log_tail('web', 30)}"
                )
            time.sleep(0.2)

    # --- while it runs ---

    def logins(self) -> str:
        """Return the demonstration logins as text; empty without demonstration data."""
        if self.folder.recall(self._demo_note) != "loaded":
            return ""
        done = subprocess.run(
            manage("load_demo", "--print-logins"),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        return (done.stdout or done.stderr).strip()

    def watch(self) -> None:
        """Keep everything alive until StopRequested is raised."""
        while self._supervisor is not None:
            self._supervisor.look()
            time.sleep(0.5)

    def _stop_parts(self) -> None:
        for part in self._parts:
            part.ask_to_stop()
        for part in self._parts:
            part.stop()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as page:  # noqa: S310 - our own
            return bool(page.status == 200)  # noqa: PLR2004
    except (OSError, urllib.error.URLError):
        return False


def _is_fresh(address: str) -> bool:
    """Whether nothing was ever migrated in the database."""
    try:
        connection = psycopg2.connect(address, connect_timeout=5)
    except psycopg2.Error as error:
        raise DeskError(
            f"The database in DATABASE_URL does not answer: {str(error).strip()}"
        ) from error
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
            return bool(cursor.fetchone()[0])
    finally:
        connection.close()


def _check_broker(address: str) -> None:
    """Say at once that the broker is away: the pages alone would look well."""
    try:
        with redis.Redis.from_url(
            address, socket_timeout=5, socket_connect_timeout=5
        ) as broker:
            broker.ping()
    except (redis.RedisError, ValueError) as error:
        raise DeskError(f"The server in REDIS_URL does not answer: {error}") from error


def running_address(lock: FileLock) -> str:
    """Return the address that the holder of the lock noted."""
    try:
        return str(json.loads(lock.note())["address"])
    except (ValueError, KeyError):
        return "(starting)"


def up(folder: DataFolder, port: int, *, demo: bool) -> int:
    """Run a desk until Ctrl-C or SIGTERM; the exit code."""
    folder.open()
    try:
        with stoppable(), Desk(folder, port, demo=demo) as desk:
            say(f"\nServicedesk is ready:  {desk.address}/\n")
            say(desk.logins() or "No demonstration data was loaded.")
            say(f"\nData and logs are in {folder.path}. Stop with Ctrl-C.")
            if place := folder.recall("place"):  # root's servers could not go there
                say(f"The database itself is in {place}: keep both together.")
            try:
                desk.watch()
            except StopRequested:
                say("\nStopping …")
    except StopRequested:
        say("\nStopped before it was ready.")
    say("Everything is stopped.")
    return 0
