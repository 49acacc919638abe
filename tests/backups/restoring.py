"""A database of its own that a restore goes into, and the command that does it."""

import io
import os
import secrets
import subprocess
import sys
from contextlib import closing

import psycopg2
import pytest
from django.conf import settings as held
from django.core.management import call_command
from django.db import connections

from servicedesk.audit.sealing import seal_settled
from servicedesk.backups.databases import drop, live
from tests.backups.drills import save_keys
from tests.backups.planting import server
from tests.backups.ways import back_up
from tests.factories import NOW, TicketFactory, UserFactory

OLD = ("CREATE TABLE old_life (id int)", "INSERT INTO old_life VALUES (1), (2)")


class Target:
    """A database of its own beside the live one, which a restore goes into."""

    def __init__(self, home):
        self.name = f"restored_{secrets.token_hex(4)}"
        self.media = home / "restored" / "media"
        self.home = home

    @property
    def database(self):
        return live().beside(self.name)

    def create(self, *statements):
        server(f"CREATE DATABASE {self.name}")
        self.run(*statements)

    def run(self, *statements):
        with closing(psycopg2.connect(**self.database.facts)) as line:
            line.autocommit = True
            for statement in statements:
                line.cursor().execute(statement)

    def ask(self, query):
        with closing(psycopg2.connect(**self.database.facts)) as line:
            cursor = line.cursor()
            cursor.execute(query)
            return cursor.fetchone()[0]

    def all(self):
        with live().session() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1",
                [f"{self.name}%"],
            )
            return [name for (name,) in cursor.fetchall()]

    def drop(self):
        for name in self.all():
            drop(live(), name)


@pytest.fixture
def target(real):
    made = Target(real)
    yield made
    made.drop()


@pytest.fixture
def made(real, keyholders, tmp_path):
    """A whole backup of a desk with a ticket, and Anna's key in a file."""
    for path in [*real.glob("seals/*"), *real.glob("erasures/*")]:
        path.unlink()  # those of the fixture are no real ones
    UserFactory(display_name="Wang Fang", team="call-centre")
    TicketFactory(name="张伟", contact="zhang.wei@example.com", subject="The kettle")
    save_keys()
    seal_settled(now=NOW)
    (tmp_path / "anna.txt").write_text(keyholders["Anna"])
    return back_up()


def restore(made, target, *words, told=None, **answers):
    """Run the command; what it says, which is in `told` though it fails."""
    out = io.StringIO()
    yes = {"yes_database": target.name, "yes_backup": made.name} | answers
    try:
        call_command(
            "restore",
            made.name,
            f"--identity={target.home / 'anna.txt'}",
            f"--into={target.database.url}",
            f"--media={target.media}",
            f"--seals={held.AUDIT_SEALS_DIR}",
            *words,
            stdout=out,
            **yes,
        )
    finally:
        connections.close_all()
        if told is not None:
            told.append(out.getvalue())
    return out.getvalue()


def manage(target, *words):
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=held.ROOT,
        env=os.environ
        | {
            "DATABASE_URL": target.database.url,
            "FIELD_KEYS_DIR": str(held.FIELD_KEYS_DIR),
            "AUDIT_SEAL_KEYS_DIR": str(held.AUDIT_SEAL_KEYS_DIR),
            "AUDIT_SEALS_DIR": str(held.AUDIT_SEALS_DIR),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
