"""Write down, once in a while, what could not be read: a field or a row, never a value."""

import logging
import threading
import time
from typing import Final

AGAIN_SECONDS: Final = 600.0
MOST: Final = 1000
"""So many troubles are remembered; whoever alters more rows is told of all the same."""

log = logging.getLogger(__name__)
_lock = threading.Lock()
_told: dict[tuple[str, str], float] = {}


def note(what: str, why: str) -> None:
    """Log a trouble, unless this process has said the same within ten minutes.

    A lost key makes every row of every list unreadable: one line for all of them.
    """
    now = time.monotonic()
    with _lock:
        if now - _told.get((what, why), -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        if len(_told) >= MOST:
            _told.clear()
        _told[what, why] = now
    log.warning("%s cannot be read: %s.", what, why)


def forget() -> None:
    """Say everything again; the keys were read anew."""
    with _lock:
        _told.clear()
