"""What every place of backups can do. Names look like `20260102T030405Z-7/part`."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.sealed import Sink

# A backup's name and an object of it; nothing else is written, read or removed.
SET: Final = r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,12}"
_OBJECT: Final = re.compile(rf"{SET}/[a-z0-9][a-z0-9.-]{{0,60}}")
PIECE: Final = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """An object that is published."""

    name: str
    size: int


class Storage(Protocol):
    """A place of backups. All of it raises BackupError: FULL, STORAGE or SETTINGS."""

    @property
    def words(self) -> str:
        """Where it is, for people: a folder, or a bucket and its server."""

    def prepare(self) -> None:
        """See that it is there, before anything long begins; a folder is made."""

    def put(self, name: str) -> AbstractContextManager[Sink]:
        """Let a new object be written piece by piece.

        When the block ends well the object is there, whole and lasting; when it
        raises, nothing is. Until then it has no name that `list` would give.
        """

    def open(self, name: str) -> AbstractContextManager[Any]:
        """Give the object as a stream to `read(size)` from."""

    def list(self, name: str = "") -> Iterator[Stored]:
        """Yield the objects of one backup, or of all, by name."""

    def size(self, name: str) -> int:
        """Return how long a published object is."""

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is as good."""

    def sweep(self, name: str) -> None:
        """Remove what writing left behind under a backup's name without publishing it."""


def check_name(name: str) -> str:
    """Return the name of an object; ValueError for anything else."""
    if not _OBJECT.fullmatch(name):
        raise ValueError(f"Not a name of an object of a backup: {name!r}")
    return name


def check_set(name: str) -> str:
    """Return the name of a backup; ValueError for anything else."""
    if not re.fullmatch(SET, name):
        raise ValueError(f"Not a name of a backup: {name!r}")
    return name


def check_same(name: str, sent: int, arrived: int) -> None:
    """Refuse to publish what is not as long as what was written."""
    if sent != arrived:
        raise BackupError(errors.SHORT, f"{name}: {arrived} of {sent} bytes")
