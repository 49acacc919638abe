"""A cluster with its journal put away, by the files that are shipped; a second one beside."""

import contextlib
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2
import yaml

from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.place import find_place
from servicedesk.embedded.postgres import INITDB
from tests.production.compose import ROOT

NAMES = "SELECT string_agg(name, ' ' ORDER BY id) FROM customers"
SHIPPED = ROOT / "deploy/pitr"
COMPOSE = ROOT / "docker-compose.pitr.yml"
TOOLS = [
    Path("/var/lib/servicedesk/tools/pgbackrest"),
    Path("~/.cache/servicedesk/pgbackrest").expanduser(),
]


def find_pgbackrest():
    """Return the folder of a pgBackRest that knows PostgreSQL 18, or None."""
    for found in (*(str(tool / "bin/pgbackrest") for tool in TOOLS), "pgbackrest"):
        program = shutil.which(found)
        if program is None:
            continue
        said = subprocess.run(
            [program, "version"], capture_output=True, text=True, check=True
        ).stdout
        version = re.search(r"(\d+)\.(\d+)", said)
        if (int(version[1]), int(version[2])) >= (2, 57):
            return Path(program).parent
    return None


class Ground:
    """A folder with a desk's cluster, a repository and room for what is recovered."""

    def __init__(self, tool, *, durable=False):
        self.durable = durable
        self.path = Path(tempfile.mkdtemp(prefix="servicedesk-pitr-"))
        self.path.chmod(0o711)
        folder = DataFolder(self.path / "data")
        folder.open()
        self.place = find_place(folder)
        self.programs = self.place.postgres_programs
        self.room = self.place.room("room")
        self.cluster = self.room / "desk"
        self.repository = self.room / "repository"
        self.socket = self.room / "s"
        self.server = None
        self.environment = {
            "PATH": f"{tool}:{self.programs}:/usr/bin:/bin",
            "TZ": "UTC",
            "LC_ALL": "C",
            "HOME": str(self.room),
            "PITR_PROGRAMS": str(self.programs),
            "PITR_GOOD": str(self.room / "good"),
            "PGBACKREST_CONFIG": str(self.room / "pgbackrest.conf"),
            "PGBACKREST_CONFIG_INCLUDE_PATH": str(self.room / "conf.d"),
        }

    def __enter__(self):
        for name in ("repository", "s", "conf.d", "locks"):
            self.place.room(f"room/{name}")
        for script in ("pitr.sh", "recover.sh", "hold-letters.sql"):
            # A clone below root's home is out of reach for the user of the servers.
            shutil.copy(SHIPPED / script, self.path / script)
        self.configure()
        self.must("pitr.sh", "secret", self.room / "conf.d/cipher.conf")
        self.must(self.programs / "initdb", "-D", self.cluster, *INITDB_HERE)
        self.start()
        self.query("CREATE DATABASE desk", database="postgres")
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.place.path, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def configure(self, **changes):
        """Write the shipped settings with the places of this test, and these changes."""
        text = (SHIPPED / "pgbackrest.conf").read_text(encoding="utf-8")
        options = {
            "repo1_path": self.repository,
            "pg1_path": self.cluster,
            "pg1_socket_path": self.socket,
            **changes,
        }
        for name, value in options.items():
            option = name.replace("_", "-")
            text, times = re.subn(
                rf"(?m)^{option}=.*$", f"{option}={value}", text, count=1
            )
            assert times, option
        text = text.replace("[global]", f"[global]\nlock-path={self.room}/locks")
        (self.room / "pgbackrest.conf").write_text(text, encoding="utf-8")
        (self.room / "pgbackrest.conf").chmod(0o644)

    # --- programs ---

    def run(self, program, *arguments, **environment):
        """Run a script of ours or another program as the user of the servers."""
        ours = self.path / str(program)
        return subprocess.run(
            [str(ours if ours.exists() else program), *map(str, arguments)],
            env=self.environment | environment,
            cwd=self.room,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.place.runner.start_options,
        )

    def must(self, program, *arguments, **environment):
        """Run it and return what it printed; a failure is the test's."""
        done = self.run(program, *arguments, **environment)
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def spawn(self, program, *arguments):
        """Start a script of ours and leave it running."""
        return subprocess.Popen(
            [str(self.path / program), *arguments],
            env=self.environment,
            cwd=self.room,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.place.runner.start_options,
        )

    # --- the desk's server ---

    def start(self, cluster=None):
        """Start the desk's server on this cluster as compose would."""
        command = yaml.safe_load(COMPOSE.read_text())["services"]["postgres"]["command"]
        options = [each for each in command[1:] if "socket" not in each]
        self.log = (self.path / "log").open("ab")
        self.server = subprocess.Popen(
            [
                *(str(self.programs / "postgres"), "-D", str(cluster or self.cluster)),
                *(*options, "-clisten_addresses="),
                *(() if self.durable else ("-cfsync=off",)),
                f"-cunix_socket_directories={self.socket}",
            ],
            env=self.environment,
            cwd=self.room,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            **self.place.runner.start_options,
        )
        wait_until(lambda: self.ready() or self.server.poll() is not None)
        assert self.server.poll() is None, (self.path / "log").read_text()

    def ready(self):
        """Whether the server takes connections."""
        return not self.run(self.programs / "pg_isready", "-h", self.socket).returncode

    def stop(self):
        """Stop the desk's server, if it runs."""
        if self.server is not None:
            self.server.send_signal(2)
            self.server.wait(60)
            self.log.close()
            self.server = None

    @contextlib.contextmanager
    def cursor(self, database="desk"):
        """Give a cursor of the superuser."""
        line = psycopg2.connect(
            host=str(self.socket), user="postgres", dbname=database, connect_timeout=5
        )
        with contextlib.closing(line):
            line.autocommit = True
            with line.cursor() as cursor:
                yield cursor

    def query(self, statement, *, database="desk"):
        """Run one statement; the first value of its answer, if it has one."""
        with self.cursor(database) as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def now(self):
        """Return this moment by the server's clock, as recover.sh takes it."""
        return self.query("SELECT clock_timestamp() AT TIME ZONE 'UTC' || 'Z'")

    def wait_for_the_next_second(self):
        """Backups know their end to the second, and one that just ended is too late."""
        second = self.now()[:19]
        wait_until(lambda: self.now()[:19] > second)

    def add(self, name):
        """Write a customer into the desk's own cluster."""
        self.query(f"INSERT INTO customers (name) VALUES ('{name}')")

    def names(self):
        """Return who is among the customers of the desk's own cluster."""
        return self.query(NAMES)

    def close_pieces(self, count):
        """Write something and close the piece of the journal, so many times."""
        with self.cursor() as cursor:
            for _ in range(count):
                cursor.execute("SELECT pg_logical_emit_message(true, 'desk', 'a')")
                cursor.execute("SELECT pg_switch_wal()")

    # --- what was recovered ---

    def new_folder(self, name):
        """Return a folder that is not there yet."""
        return self.room / name

    def names_in(self, folder):
        """Return who is among the customers of a recovered cluster."""
        return self.must(
            *("recover.sh", "look", folder, self.programs / "psql", "-XAtc"),
            NAMES,
        ).strip()


INITDB_HERE = [each.replace("--auth=", "--auth-host=") for each in INITDB] + [
    "--auth-local=trust",
    "--no-sync",
]


def wait_until(true, seconds=60):
    """Ask again until it is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
