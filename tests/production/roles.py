"""A PostgreSQL as compose makes it: its superuser, the owner of the tables, the desk."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import psycopg2

from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.place import find_place
from servicedesk.embedded.ports import LOOPBACK
from servicedesk.embedded.postgres import SUPERUSER, Postgres
from tests.production.compose import ROOT

ROLES = ROOT / "deploy/postgres/roles.sql"
WHERE = "/run/secrets"


@contextlib.contextmanager
def own_server():
    """Run a server for the length of a `with` block; nothing of the desk is in it."""
    ground = pathlib.Path(tempfile.mkdtemp(prefix="servicedesk-roles-"))
    ground.chmod(0o711)
    folder = DataFolder(ground / "data")
    folder.open()
    server = Postgres(folder, find_place(folder), ephemeral=True)
    try:
        server.start()
        # What our own servers come with is what the image does not.
        with as_superuser(server) as cursor:
            cursor.execute("DROP DATABASE desk")
            cursor.execute("DROP ROLE desk")
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.place.path, ignore_errors=True)
        shutil.rmtree(ground, ignore_errors=True)


@contextlib.contextmanager
def as_superuser(server, database="postgres"):
    """Give a cursor that may do anything."""
    line = psycopg2.connect(
        host=LOOPBACK,
        port=server.port,
        user=SUPERUSER,
        password=server.folder.password(SUPERUSER),
        dbname=database,
    )
    with contextlib.closing(line):
        line.autocommit = True
        with line.cursor() as cursor:
            yield cursor


def make_roles(server, secrets):
    """Run what the image runs when it makes its cluster, with these secrets."""
    text = ROLES.read_text(encoding="utf-8").replace(WHERE, str(secrets))
    subprocess.run(
        [
            *(server.place.postgres_programs / "psql", "--no-psqlrc", "--quiet"),
            *("--host", LOOPBACK, "--port", str(server.port)),
            *("--username", SUPERUSER, "--dbname", "postgres"),
        ],
        input=text,
        text=True,
        check=True,
        capture_output=True,
        env=os.environ | {"PGPASSWORD": server.folder.password(SUPERUSER)},
    )
