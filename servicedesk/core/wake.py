"""Wake a task through the broker, without letting anybody wait for the broker."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, DataError, IntegrityError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
K = TypeVar("K")

REST: Final = 30.0  # seconds in which a broker that failed is not told again
IMPATIENT: Final = {
    "max_retries": 1,
    "interval_start": 0,
    "connect_retries_timeout": 1,
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
}


@dataclass
class Broker:
    """The broker as a page sees it: told at once, or left alone for a while."""

    rests_until: float = 0.0

    def tell(self, task: Any) -> None:
        """Put a wake-up without arguments into the task's queue.

        Whoever waits for that waits a second or two, then no more: the sweep does
        the same later. On a connection of its own: the workers' may try for long.
        """
        if time.monotonic() < self.rests_until:
            return
        try:
            with (
                current_app.connection_for_write(
                    connect_timeout=1, transport_options=IMPATIENT
                ) as line,
                current_app.amqp.Producer(line, auto_declare=False) as producer,
            ):
                task.apply_async(producer=producer, retry=False, ignore_result=True)
        except (OperationalError, RedisError, OSError):
            self.rests_until = time.monotonic() + REST
            log.warning("No broker; the sweep will do %s", task.name)


def stops_a_sweep(error: Exception) -> bool:
    """Tell whether an error ends a sweep of due rows, or is the fault of one row.

    What the database refuses in one row, it would refuse each time: the rows behind
    it must not wait for that.
    """
    if isinstance(error, DataError | IntegrityError):
        return False
    return isinstance(error, DatabaseError | SoftTimeLimitExceeded)


def each_of(keys: Iterable[K], act: Callable[[K], bool]) -> int:
    """Do one row after the other; a row that fails is told and leaves the rest alone."""
    done = 0
    for key in keys:
        try:
            done += bool(act(key))
        except Exception as error:
            if stops_a_sweep(error):
                raise
            log.exception("A due row could not be dealt with: %s", key)
    return done
