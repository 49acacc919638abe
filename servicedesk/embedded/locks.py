"""Locks that the system itself frees when their holder dies, however it dies."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from servicedesk.embedded.errors import DeskError


class FileLock:
    """An advisory lock on a file; the file stays and may carry a note on the holder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def _take(self, mode: int, seconds: float) -> bool:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)
            else:
                return True

    def take(self, seconds: float = 0) -> bool:
        """Take the lock for this process alone, waiting at most `seconds`."""
        return self._take(fcntl.LOCK_EX, seconds)

    def share(self, seconds: float = 0) -> bool:
        """Take the lock together with others who share it."""
        return self._take(fcntl.LOCK_SH, seconds)

    def free(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write_note(self, text: str) -> None:
        """Leave a note for those who find the lock taken."""
        self.path.write_text(text, encoding="utf-8")

    def note(self) -> str:
        """Return the note of the present or last holder; empty when there is none."""
        try:
            return self.path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""


@contextlib.contextmanager
def locked(path: Path, doing: str, seconds: float = 60) -> Iterator[None]:
    """Hold a lock, or say that another process has been `doing` it for too long."""
    lock = FileLock(path)
    try:
        if not lock.take(seconds):
            raise DeskError(
                f"Another process has been {doing} for {seconds:.0f} seconds. "
                "Wait until it is done, or stop it with: python3 desk.py down"
            )
        yield
    finally:
        lock.free()
