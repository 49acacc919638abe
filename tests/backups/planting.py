"""Real damage to a real backup: to the bytes of its parts, or inside them.

What is inside is reached as somebody would who has every key: the part is opened,
changed, sealed to the same people again, and the manifest is signed anew for it. What
the manifest says of rows stays, so that a drill has to notice by itself.
"""

import dataclasses
import io
import json
import os
import secrets
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pyrage
from django.conf import settings

from servicedesk.backups.databases import drop, live
from servicedesk.backups.files import FileTar, unpack
from servicedesk.backups.manifest import DATABASE, FILES, MANIFEST, pack
from servicedesk.backups.manifest import unpack as read
from servicedesk.backups.programs import (
    connection_words,
    find_program,
    program_environment,
)
from servicedesk.backups.sealed import identity_of, seal
from servicedesk.backups.snapshot import SESSION, count_tables


class Planted:
    """A copy of a backup in a folder of its own, to be damaged."""

    def __init__(self, whole, folder):
        self.whole, self.folder = whole, folder
        self.name, self.identity = whole.name, whole.identity
        shutil.copytree(whole.folder / whole.name, folder / whole.name)
        self.manifest = read(self.path(MANIFEST).read_bytes())

    def path(self, part):
        return self.folder / self.name / part

    # --- bytes ---

    def flip(self, part, at):
        held = bytearray(self.path(part).read_bytes())
        held[at if at < 0 else int(len(held) * at)] ^= 0x10
        self.path(part).write_bytes(held)

    def cut(self, part, share):
        held = self.path(part).read_bytes()
        self.path(part).write_bytes(held[: int(len(held) * share)])

    def edit(self, **values):
        said = json.loads(self.path(MANIFEST).read_bytes())
        self.path(MANIFEST).write_text(json.dumps(said | values))

    # --- what is inside ---

    def put(self, part, clear, *, keys=None, **facts):
        """Seal other clear bytes in the place of a part, and sign for them."""
        sink = io.BytesIO()
        to = keys or self.manifest.recipients
        made = seal(name=part, source=io.BytesIO(clear), sink=sink, keys=to)
        self.path(part).write_bytes(sink.getvalue())
        others = [each for each in self.manifest.parts if each.name != part]
        self.sign(parts=(*others, made), **facts)

    def sign(self, **facts):
        self.manifest = dataclasses.replace(self.manifest, **facts)
        self.path(MANIFEST).write_bytes(pack(self.manifest))

    def clear(self, part):
        return pyrage.decrypt(
            self.path(part).read_bytes(), [identity_of(self.identity)]
        )

    def sql(self, *statements, honest=False):
        """Change the dump by SQL; if `honest`, the manifest counts what is then there."""
        with self.whole.database() as name:
            facts = {}
            with closing(psycopg2.connect(**live().beside(name).facts)) as line:
                line.autocommit = True
                with line.cursor() as cursor:
                    for statement in statements:
                        cursor.execute(statement)
                    cursor.execute(SESSION)
                    if honest:
                        facts["tables"] = count_tables(cursor)
            self.put(DATABASE, dump(name), **facts)

    def manage(self, *words):
        """Let a command of the program change the dump; the manifest tells of it."""
        with self.whole.database() as name:
            manage(name, *words)
            with closing(psycopg2.connect(**live().beside(name).facts)) as line:
                cursor = line.cursor()
                cursor.execute(SESSION)
                tables = count_tables(cursor)
                cursor.execute(
                    "SELECT DISTINCT ON (app) app, name FROM django_migrations"
                    " ORDER BY app, id DESC"
                )
                heads = dict(cursor.fetchall())
            self.put(DATABASE, dump(name), tables=tables, migrations=heads)

    def files(self, change):
        """Change the files; the manifest and the index tell of those that are then there."""
        place = self.folder / "files"
        unpack(io.BytesIO(self.clear(FILES)), place)
        change(place)
        tar = FileTar(
            {root: place / root for root in sorted(set(self.manifest.roots.values()))}
        )
        clear = b"".join(iter(lambda: tar.read(1 << 20), b""))
        self.put(FILES, clear, files=tar.files)


class Whole:
    """A whole backup, and its contents as a database to be copied and changed."""

    def __init__(self, folder, name, identity):
        self.folder, self.name, self.identity = folder, name, identity
        self._base = ""

    def database(self):
        return _Copy(self._template())

    def _template(self):
        if not self._base:
            self._base = f"planting_{secrets.token_hex(4)}"
            server(f"CREATE DATABASE {self._base}")
            sealed = (self.folder / self.name / DATABASE).read_bytes()
            clear = pyrage.decrypt(sealed, [identity_of(self.identity)])
            run("pg_restore", self._base, "--no-owner", "--exit-on-error", given=clear)
        return self._base

    def drop(self):
        if self._base:
            drop(live(), self._base)


class _Copy:
    def __init__(self, template):
        self.template, self.name = template, f"planted_{secrets.token_hex(4)}"

    def __enter__(self):
        server(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return self.name

    def __exit__(self, *_error):
        drop(live(), self.name)


def server(statement):
    with closing(psycopg2.connect(**live().facts)) as line:
        line.autocommit = True
        line.cursor().execute(statement)


def run(program, database, *words, given=b""):
    """Run a program of PostgreSQL on a database of the test's server."""
    path, _version = find_program(program, server=18)
    done = subprocess.run(
        [path, f"--dbname={connection_words(dbname=database)}", *words],
        input=given,
        env=program_environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def dump(database):
    return run("pg_dump", database, "--format=custom")


def manage(database, *words):
    """Run a command of the program on a database."""
    done = subprocess.run(
        [os.sys.executable, "manage.py", *words],
        cwd=settings.ROOT,
        env=os.environ
        | {
            "DATABASE_URL": live().beside(database).url,
            "FIELD_KEYS_DIR": str(settings.FIELD_KEYS_DIR),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def first_file(place):
    """Return the one attachment of the backup, whatever its name."""
    [path] = sorted(Path(place).glob("media/attachments/**/*.*"))
    return path
