"""Make, name and put away key files: what a person does in the folder of keys."""

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from servicedesk.core.encryption.keys import (
    HIGHEST,
    PRIMARY,
    KeyRing,
    keys_folder,
    make_key,
    read_ring,
    reload_keys,
)

KINDS = tuple(HIGHEST)
NOTICED_SECONDS = 60.0
"""After this long every process of this machine has seen a change of the folder."""
RETIRED = ".retired"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """A step that would lose data or lock processes out; the message says what to do."""


@dataclass(frozen=True)
class KeyFile:
    """One key on this machine: its version, and a mark by which machines compare it."""

    kind: str
    version: int
    mark: str
    primary: bool
    exposed: bool


def key_files() -> list[KeyFile]:
    """Return the keys of the folder as it is now; KeyMissing if it is unfit."""
    folder = keys_folder()
    ring = read_ring(folder)
    return [
        KeyFile(
            kind=kind,
            version=version,
            mark=ring.mark(kind, version),
            primary=version == primary_of(ring, kind),
            exposed=bool((folder / name_of(kind, version)).stat().st_mode & _OTHERS),
        )
        for kind in KINDS
        for version in sorted(keys_of(ring, kind))
    ]


def keys_of(ring: KeyRing, kind: str) -> dict[int, bytes]:
    """Return the keys of one kind, by version."""
    return ring.field_keys if kind == "field" else ring.index_keys


def primary_of(ring: KeyRing, kind: str) -> int:
    """Return the version that is written."""
    return ring.primary if kind == "field" else ring.index_primary


def name_of(kind: str, version: int) -> str:
    """Return the name of a key's file."""
    return f"{kind}-{version}.key"


def make(kind: str) -> int:
    """Write a new key that nothing uses yet; return its version.

    The file that names the primary key is written first, so that the new key is not
    taken into use by being there.
    """
    folder = keys_folder()
    ring = read_ring(folder)
    version = _highest(folder, kind) + 1
    if version > HIGHEST[kind]:
        raise KeyFileError(f"Versions of {kind} keys end at {HIGHEST[kind]}.")
    _write(folder / PRIMARY[kind], f"{primary_of(ring, kind)}\n")
    path = folder / name_of(kind, version)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(make_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    reload_keys()
    return version


def use(kind: str, version: int) -> None:
    """Make a key the one that is written, once all processes have had time to read it."""
    folder = keys_folder()
    ring = read_ring(folder)
    if version not in keys_of(ring, kind):
        raise KeyFileError(f"There is no {name_of(kind, version)} in {folder}.")
    _wait_for(folder / name_of(kind, version))
    _write(folder / PRIMARY[kind], f"{version}\n")
    reload_keys()


def check_spare(kind: str, version: int) -> Path:
    """Return the file of a key that is not written any more, by any process."""
    folder = keys_folder()
    ring = read_ring(folder)
    path = folder / name_of(kind, version)
    if version not in keys_of(ring, kind):
        raise KeyFileError(f"There is no {path.name} in {folder}.")
    if version == primary_of(ring, kind):
        raise KeyFileError(
            f"{path.name} is the one that is written. Use another first: "
            f"manage.py keys use {kind} N"
        )
    named = folder / PRIMARY[kind]
    if named.exists():
        _wait_for(named)
    return path


def put_away(kind: str, version: int) -> Path:
    """Take a key out of use by renaming its file; the caller has seen that nothing needs it.

    The file is kept: backups from before need it.
    """
    path = check_spare(kind, version)
    kept = path.with_name(path.name + RETIRED)
    path.rename(kept)
    reload_keys()
    return kept


def _highest(folder: Path, kind: str) -> int:
    """Return the highest version there ever was: a number is never given twice."""
    names = [path.name.removesuffix(RETIRED) for path in folder.iterdir()]
    numbers = [
        name.removeprefix(f"{kind}-").removesuffix(".key")
        for name in names
        if name.startswith(f"{kind}-") and name.endswith(".key")
    ]
    return max((int(one) for one in numbers if one.isdecimal()), default=0)


def _wait_for(path: Path) -> None:
    age = time.time() - path.stat().st_mtime
    if age < NOTICED_SECONDS:
        raise KeyFileError(
            f"{path.name} is {max(age, 0):.0f} s old. Wait until it is a minute old: "
            "until then a process may not have read it."
        )


def _write(path: Path, text: str) -> None:
    """Write a small file so that nobody ever reads half of it; the same text stays."""
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.replace(path)
