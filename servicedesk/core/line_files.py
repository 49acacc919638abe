"""Files of lines that only grow: written by one process at a time, whole after a crash."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def append_line(path: Path, line: bytes) -> None:
    """Append a line (with its end) so that a power cut leaves it whole or away.

    What a crash cut short is taken away first. Raises OSError where it cannot be
    written; then nothing of it counts.
    """
    new = not path.exists()
    with path.open("ab") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate(_whole_lines(path))
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    if new:
        _sync(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write there; a dead one lets go by itself."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _whole_lines(path: Path) -> int:
    """Return where the last whole line ends."""
    step, size = 65536, path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end > 0:
            start = max(0, end - step)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
