"""Make primary keys: UUIDs that sort by the time they were made."""

import os
import secrets
import threading
import time
import uuid

_TIME_MASK = (1 << 48) - 1
_COUNTER_BITS = 42
_TAIL_BITS = 32


class _Clock:
    """The last moment used and the counter within it (RFC 9562, 6.2, method 1)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.millisecond = -1
        self.counter = 0

    def tick(self) -> tuple[int, int]:
        """Return a (millisecond, counter) pair greater than every one before."""
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.millisecond:
                # One bit less than the counter holds: room to count in.
                self.millisecond = now
                self.counter = secrets.randbits(_COUNTER_BITS - 1)
            else:
                self.counter += 1
                if self.counter >> _COUNTER_BITS:
                    self.millisecond += 1
                    self.counter = secrets.randbits(_COUNTER_BITS - 1)
            return self.millisecond, self.counter


_clock = _Clock()


def _start_anew_after_fork() -> None:
    # A child that inherited the counter would count through its parent's numbers,
    # and a lock held by another thread of the parent would never be released.
    global _clock  # noqa: PLW0603
    _clock = _Clock()


os.register_at_fork(after_in_child=_start_anew_after_fork)


def uuid7() -> uuid.UUID:
    """Return a UUIDv7, greater than any that this process made before.

    It tells when the row was made and can be guessed in part: no secret, no token.
    """
    millisecond, counter = _clock.tick()
    value = (millisecond & _TIME_MASK) << 80
    value |= 0x7 << 76
    value |= (counter >> 30) << 64
    value |= 0b10 << 62
    value |= (counter & ((1 << 30) - 1)) << _TAIL_BITS
    value |= secrets.randbits(_TAIL_BITS)
    return uuid.UUID(int=value)
