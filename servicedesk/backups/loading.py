"""Put a backup's parts back: the dump into an empty database, the files into a folder.

Clear text goes through pipes: on disk it lies in the database only, and in the folder
that the files are for.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.databases import Database
from servicedesk.backups.errors import BackupError
from servicedesk.backups.files import Files, unpack
from servicedesk.backups.manifest import DATABASE, FILES, Manifest
from servicedesk.backups.programs import find_program, program_environment, running
from servicedesk.backups.progress import NOBODY, Progress
from servicedesk.backups.reading import opened
from servicedesk.backups.sealed import check_sealed, read_identities
from servicedesk.backups.storages import Storage

_NO_ROOM: Final = "No space left on device"
# libpq's words when a server dies, or sends a client away.
_BROKEN_OFF: Final = (
    "server closed the connection unexpectedly",
    "terminating connection",
    "connection to server",
    "no connection to the server",
)
# Names of things in the database; the other lines may quote a row.
_WHERE: Final = re.compile(r"TOC entry \d+; [\d ]+ ([A-Z ]+[A-Z]) (\S+) (\S+)")
_NOT_THEIRS: Final = "No matching keys"
Wanted = Callable[[str], bool]


@dataclass(frozen=True)
class Source:
    """A backup that is to be read: where it lies, its manifest, and who opens it."""

    storage: Storage
    manifest: Manifest
    identities: Sequence[str]


def identities_from(path: str | Path = "") -> list[str]:
    """Return the private keys of a file, or of the one that the settings name.

    Raises BackupError(NO_IDENTITY) without one, BackupError(SETTINGS) if it is none.
    """
    given = str(path) or settings.BACKUP_IDENTITY_FILE
    if not given:
        raise BackupError(errors.NO_IDENTITY)
    try:
        return read_identities(Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(errors.SETTINGS, f"{given}: no private key of age") from error


def check_part(source: Source, name: str, progress: Progress = NOBODY) -> None:
    """Compare a sealed part with the manifest before it is opened.

    Raises BackupError: PART_MISSING, PART_CUT, PART_LONG or PART_CHANGED.
    """
    part, at = source.manifest.part(name), f"{source.manifest.name}/{name}"
    found = {each.name: each.size for each in source.storage.list(source.manifest.name)}
    size = found.get(at)
    if size is None:
        raise BackupError(errors.PART_MISSING, name)
    if size != part.size:
        code = errors.PART_CUT if size < part.size else errors.PART_LONG
        raise BackupError(code, f"{name}: {size} of {part.size} bytes")
    try:
        with source.storage.open(at) as file:
            check_sealed(part=part, source=file, seen=progress.saw)
    except BackupError as error:
        if error.code == errors.SHORT:
            raise BackupError(errors.PART_CHANGED, name) from error
        raise


def load_dump(source: Source, into: Database, progress: Progress = NOBODY) -> None:
    """Put the dump into an empty database.

    Owners and rights are left out: everything belongs to the role that restores. The
    database is good only if this returns. Raises BackupError.
    """
    part = source.manifest.part(DATABASE)
    if part.clear_size == 0:
        raise BackupError(errors.EMPTY, DATABASE)
    program, _version = find_program("pg_restore", server=into.major())
    with _opened(source, DATABASE, progress) as stream:
        trouble = _pg_restore(program, into, stream, progress)
    # Only now is the stream known to have been whole.
    if trouble is not None:
        raise trouble


def load_files(
    source: Source,
    folder: Path,
    *,
    wanted: Wanted = lambda _name: True,
    progress: Progress = NOBODY,
) -> Files:
    """Unpack the files that are wanted, and check all; raises BackupError(FILES)."""
    trouble: BackupError | None = None
    found = Files()
    with _opened(source, FILES, progress) as stream:
        try:
            found = unpack(stream, folder, wanted=wanted)
        except BackupError as error:
            trouble = error
    if trouble is not None:
        raise trouble
    said = source.manifest.files
    if (found.count, found.bytes, found.index_sha256) != (
        said.count,
        said.bytes,
        said.index_sha256,
    ):
        raise BackupError(errors.FILES, f"{found.count} of {said.count} files")
    return found


class _opened:  # noqa: N801 - it is called like a function
    """A part as a clear stream, with the reader's words for what goes wrong."""

    def __init__(self, source: Source, name: str, progress: Progress) -> None:
        self._inner = opened(
            storage=source.storage,
            backup=source.manifest.name,
            part=source.manifest.part(name),
            identities=source.identities,
            seen=progress.saw,
        )
        self._name = name

    def __enter__(self) -> BinaryIO:
        return self._inner.__enter__()

    def __exit__(self, *given: object) -> None:
        try:
            self._inner.__exit__(*given)  # type: ignore[arg-type] # as it was given
        except BackupError as error:
            if error.code == errors.TRIAL:
                code = errors.PART_CHANGED
                if _NOT_THEIRS in error.detail:
                    code = errors.WRONG_IDENTITY
                raise BackupError(code, self._name) from error
            raise


def _pg_restore(
    program: str, into: Database, stream: BinaryIO, progress: Progress
) -> BackupError | None:
    """Let pg_restore read the stream; return what went wrong."""
    command = [
        program,
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        f"--dbname={into.words}",
    ]
    with tempfile.TemporaryFile() as said:
        with running(
            command,
            progress,
            stdin=stream,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=program_environment() | _password(into),
        ) as process:
            pass
        if process.returncode == 0:
            return None
        said.seek(0)
        words = said.read(64 * 1024).decode(errors="replace")
    return _trouble(process.returncode, words, into.name)


def _trouble(code: int, words: str, name: str) -> BackupError:
    """Tell what the dump is to blame for from what the server or this machine is.

    By the program's own lines: the others quote rows, which may say anything.
    """
    lines = [line for line in words.splitlines() if line.startswith("pg_restore:")]
    words = "\n".join(lines)
    if _NO_ROOM in words:
        return BackupError(errors.SCRATCH_FULL, name)
    if code < 0:
        return BackupError(errors.UNEXPECTED, f"pg_restore, signal {-code}")
    if any(each in words for each in _BROKEN_OFF):
        return BackupError(errors.DATABASE, "connection lost")
    where = _WHERE.search(words)
    return BackupError(errors.LOAD, " ".join(where.groups()) if where else "")


def _password(into: Database) -> dict[str, str]:
    """Give its own password and no other: an empty one lets libpq look into its file."""
    return {"PGPASSWORD": str(into.facts.get("password") or "")}
