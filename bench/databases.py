"""A filled database for each size, kept as long as it is what would be made again."""

import contextlib
import hashlib
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

HERE = Path(__file__).parent
SEED = 1


def ready(size: int, customers: int = 0, name: str = "") -> str:
    """Return the address of a database with `size` tickets; fill it where it is new.

    One with a `name` of its own is always new: what is measured there changes it.
    """
    own, name = bool(name), name or f"bench_{size}"
    stamp = _stamp(customers or size // 5)
    with _server() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = %s",
            [name],
        )
        found = cursor.fetchone()
        if own or found is None or found[0] != stamp:
            _make(cursor, name)
    address = _address(name)
    print(f"{size:,} tickets:", flush=True)
    command = [sys.executable, "-m", "bench.generate", "--tickets", str(size)]
    command += ["--customers", str(customers or size // 5), "--seed", str(SEED)]
    subprocess.run(command, env=environment(address), check=True)
    with _server() as cursor:
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        cursor.execute(comment.format(sql.Identifier(name), sql.Literal(stamp)))
    return address


def environment(address: str) -> dict[str, str]:
    """Return the environment of a process that works on this database."""
    ours = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "bench.settings"}
    return dict(os.environ) | {"LOG_LEVEL": "WARNING"} | ours


def empty(name: str) -> str:
    """Return the address of a new database with nothing in it but the tables."""
    with _server() as cursor:
        _make(cursor, name)
    address = _address(name)
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
    subprocess.run(command, env=environment(address), cwd=HERE.parent, check=True)
    return address


def _make(cursor: Any, name: str) -> None:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    cursor.execute(drop.format(sql.Identifier(name)))
    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _stamp(customers: int) -> str:
    """Tell how the database was made: a changed generator fills it anew."""
    files = sorted(file for file in (HERE / "generate").rglob("*") if file.is_file())
    parts = [file.read_bytes() for file in files if "__pycache__" not in file.parts]
    whole = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    return f"{whole} customers {customers} seed {SEED}"


def _address(name: str) -> str:
    base = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    return urllib.parse.urlunsplit(base._replace(path=f"/{name}"))


@contextlib.contextmanager
def _server() -> Iterator[Any]:
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            yield cursor
