"""Backups in a folder: written under another name, made to last, then renamed."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.storages.base import Stored, check_name, check_same, check_set

_NEW: Final = ".new"


class LocalFolder:
    """A folder that only the desk's user enters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def words(self) -> str:
        return str(self.folder)

    def prepare(self) -> None:
        with _told(""):
            self._make_folder()
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Any]:
        """Write to a hidden file beside, flush it to the disk, and rename it."""
        path = self.folder / check_name(name)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_NEW}")
        with _told(name):
            self._make(path.parent)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                written = _Whole(file)
                yield written
                with _told(name):
                    os.fsync(file.fileno())
                    size = os.fstat(file.fileno()).st_size
                check_same(name, written.size, size)
            with _told(name):
                fresh.replace(path)
                _sync(path.parent)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        with _told(name):
            file = (self.folder / check_name(name)).open("rb")
        with file:
            yield file

    def list(self, name: str = "") -> Iterator[Stored]:
        with _told(name):
            wanted = check_set(name) if name else "*"
            for path in sorted(self.folder.glob(f"{wanted}/*")):
                said = f"{path.parent.name}/{path.name}"
                if _is_object(said) and path.is_file():
                    yield Stored(said, path.stat().st_size)

    def size(self, name: str) -> int:
        with _told(name):
            return (self.folder / check_name(name)).stat().st_size

    def remove(self, name: str) -> None:
        path = self.folder / check_name(name)
        with _told(name):
            path.unlink(missing_ok=True)
            self._leave(path.parent)

    def sweep(self, name: str) -> None:
        room = self.folder / check_set(name)
        with _told(name):
            # A folder that is not mounted just now is not a folder without leavings.
            self.folder.stat()
            for path in room.glob(f".*{_NEW}"):
                path.unlink(missing_ok=True)
            self._leave(room)

    def _make(self, room: Path) -> None:
        """Make the folders that are missing, so that their names last too."""
        self._make_folder()
        if not room.is_dir():
            room.mkdir(mode=0o700, exist_ok=True)
            _sync(self.folder)

    def _make_folder(self) -> None:
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self.folder.parent)

    def _leave(self, room: Path) -> None:
        """Remove a backup's folder when nothing is in it any more."""
        with contextlib.suppress(FileNotFoundError, OSError):
            room.rmdir()
            _sync(self.folder)


class _Whole:
    """Writes each piece whole, or raises."""

    def __init__(self, file: Any) -> None:
        self._file, self.size = file, 0

    def write(self, data: bytes, /) -> int:
        rest = memoryview(data)
        with _told(""):
            while rest:
                written = self._file.write(rest)
                self.size += written
                rest = rest[written:]
        return len(data)


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the system says into what people are told."""
    try:
        yield
    except OSError as error:
        code = errors.FULL if error.errno in errors.NO_ROOM else errors.STORAGE
        said = f"{name} {error.strerror or type(error).__name__}".strip()
        raise BackupError(code, said) from error


def _is_object(name: str) -> bool:
    try:
        return bool(check_name(name))
    except ValueError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
