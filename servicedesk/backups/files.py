"""The files beside the database as one tar stream: made piece by piece, and unpacked.

After each thousand files comes an index of their names, sizes and digests; the digest of
all indexes stands in the manifest, where no name is readable.
"""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError

PIECE: Final = 256 * 1024
EACH: Final = 1000
INDEX: Final = "index"
# Keys are backed up apart: whoever has both has everything.
_NEVER: Final = (".key", ".key.retired")


@dataclass(frozen=True)
class Files:
    """What the tar holds: `missing` are those that vanished while it was made."""

    count: int = 0
    bytes: int = 0
    index_sha256: str = hashlib.sha256().hexdigest()
    missing: int = 0

    def said(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        return asdict(self)


class FileTar:
    """A stream to `read` from: a tar of the files under `roots`, by their names there."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots
        self._pieces = self._tar()
        self._rest = b""
        self._index = hashlib.sha256()
        self._count = self._bytes = self._missing = self._lots = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return some bytes, or none at the end."""
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return b""
        size = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    @property
    def files(self) -> Files:
        """What went in; complete when the stream has ended."""
        return Files(self._count, self._bytes, self._index.hexdigest(), self._missing)

    def _tar(self) -> Iterator[bytes]:
        lines: list[bytes] = []
        for root, folder in self._roots.items():
            for name, path in _walk(folder, root):
                yield from self._file(name, path, lines)
                if len(lines) >= EACH:
                    yield from self._index_of(lines)
        yield from self._index_of(lines)
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _file(self, name: str, path: str, lines: list[bytes]) -> Iterator[bytes]:
        """Give as many bytes as the file had when it was opened: some are appended to."""
        try:
            # A link that was put there leads out of the folder: not followed.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            self._missing += 1
            return
        except OSError as error:
            raise BackupError(errors.FILES, error.strerror or "") from error
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            facts = os.fstat(file.fileno())
            yield _header(name, facts.st_size, int(facts.st_mtime))
            digest, left = hashlib.sha256(), facts.st_size
            while left:
                data = _read(file, min(left, PIECE))
                digest.update(data)
                left -= len(data)
                yield data
        yield _padding(facts.st_size)
        self._count += 1
        self._bytes += facts.st_size
        said = {"name": name, "sha256": digest.hexdigest(), "size": facts.st_size}
        lines.append(json.dumps(said, sort_keys=True).encode() + b"\n")

    def _index_of(self, lines: list[bytes]) -> Iterator[bytes]:
        if not lines:
            return
        self._lots += 1
        data = b"".join(lines)
        self._index.update(data)
        yield _header(f"{INDEX}/{self._lots:08}.jsonl", len(data), 0)
        yield data + _padding(len(data))
        lines.clear()


def unpack(
    source: Any, folder: Path, *, wanted: Callable[[str], bool] = lambda _name: True
) -> Files:
    """Unpack a tar of ours into an empty folder; return what was in it, checked.

    What is not `wanted` by its name is read and checked, and not written. The index is
    always written: names, sizes and digests of all. Raises BackupError(FILES) for names
    that lead elsewhere and for files that are not what the index says, BackupError(FULL)
    where there is no room for them.
    """
    index, count, total = hashlib.sha256(), 0, 0
    waiting: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                _check_member(member)
                held = tar.extractfile(member)
                assert held is not None
                if member.name.startswith(f"{INDEX}/"):
                    data = held.read()
                    index.update(data)
                    _compare(data, waiting)
                    _write(io.BytesIO(data), folder / member.name)
                    continue
                kept = folder / member.name if wanted(member.name) else None
                waiting[member.name] = _write(held, kept)
                count, total = count + 1, total + member.size
                tar.members.clear()  # type: ignore[attr-defined] # else it keeps them all
    except (tarfile.TarError, OSError) as error:
        # That there is no room here says nothing about the backup.
        full = getattr(error, "errno", None) in errors.NO_ROOM
        code = errors.FULL if full else errors.FILES
        raise BackupError(code, type(error).__name__) from error
    if waiting:
        raise BackupError(errors.FILES, f"{len(waiting)} files without an index")
    return Files(count, total, index.hexdigest())


def _check_member(member: tarfile.TarInfo) -> None:
    path = Path(member.name)
    if not member.isreg() or path.is_absolute() or ".." in path.parts:
        raise BackupError(errors.FILES, "a name in the tar leads elsewhere")


def _write(held: Any, path: Path | None) -> tuple[int, str]:
    """Write a file, or only read it where there is no path; its size and digest."""
    digest, size = hashlib.sha256(), 0
    with _created(path) as file:
        while data := held.read(PIECE):
            file.write(data)
            digest.update(data)
            size += len(data)
    return size, digest.hexdigest()


def _created(path: Path | None) -> Any:
    if path is None:
        return Path(os.devnull).open("wb")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "wb")


def _compare(data: bytes, waiting: dict[str, tuple[int, str]]) -> None:
    for line in data.splitlines():
        said = json.loads(line)
        if waiting.pop(said["name"], None) != (said["size"], said["sha256"]):
            raise BackupError(errors.FILES, "a file is not what the index says")


def _walk(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield name and path of every file below, by name; what vanishes is left out."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupError(errors.FILES, error.strerror or "") from error
    for entry in entries:
        inner = f"{name}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), inner)
        elif entry.is_symlink():
            # Not followed, and what it stands for would be missing without a word.
            raise BackupError(errors.FILES, f"a link below {name.partition('/')[0]}")
        elif entry.is_file(follow_symlinks=False) and not inner.endswith(_NEVER):
            yield inner, entry.path


def _read(file: Any, size: int) -> bytes:
    try:
        data: bytes = file.read(size)
    except OSError as error:
        raise BackupError(errors.FILES, error.strerror or "") from error
    if not data:
        raise BackupError(errors.FILES, "a file became shorter while it was read")
    return data


def _header(name: str, size: int, changed: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, changed, stat.S_IRUSR | stat.S_IWUSR
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
