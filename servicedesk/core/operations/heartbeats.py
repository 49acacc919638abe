"""Signs of life: each process writes its own row, each queue gets one by a tick."""

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg2
from celery.signals import (
    beat_init,
    before_task_publish,
    worker_ready,
    worker_shutdown,
)
from django.conf import settings

from servicedesk.core.models import HeartKind
from servicedesk.core.own_line import own_line

log = logging.getLogger(__name__)
EVERY: Final = 20.0
KEPT: Final = dt.timedelta(days=1)
_LONGEST: Final = 120
_BEAT: Final = """
INSERT INTO core_heartbeat (kind, name, version, queues, since, at)
VALUES (%s, %s, %s, %s, clock_timestamp() - %s * interval '1 second', clock_timestamp())
ON CONFLICT (kind, name) DO UPDATE
SET at = excluded.at, version = excluded.version, queues = excluded.queues
"""
_TICK: Final = """
INSERT INTO core_heartbeat (kind, name, version, queues, since, at)
VALUES (%s, %s, %s, '', %s, clock_timestamp())
ON CONFLICT (kind, name) DO UPDATE
SET at = excluded.at, version = excluded.version, since = excluded.since
"""


class Pulse:
    """A thread that writes this process's row every twenty seconds.

    It has no connection between two beats, so that a child which is forked from this
    process inherits none. While the database is away it is silent: that is told by
    others.
    """

    def __init__(
        self, kind: HeartKind, name: str = "", *, queues: str = "", alive: Any = None
    ) -> None:
        host = name or socket.gethostname()
        self.kind, self.queues = kind, queues
        self.name = f"{host}/{os.getpid()}"[-_LONGEST:]
        self._alive: Callable[[], bool] = alive or (lambda: True)
        self._began, self._stopping = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and take the row away: this process went in good order."""
        self._stopping.set()
        self._write("DELETE FROM core_heartbeat WHERE kind = %s AND name = %s")

    def beat(self) -> None:
        """Write the row once."""
        lived = time.monotonic() - self._began
        self._write(_BEAT, settings.VERSION, self.queues, lived)

    def _run(self) -> None:
        while not self._stopping.is_set():
            alive = self._alive()
            if alive:
                self.beat()
            self._stopping.wait(EVERY if alive else 1.0)

    def _write(self, statement: str, *values: object) -> None:
        try:
            with own_line("heartbeat") as cursor:
                cursor.execute(statement, [self.kind.value, self.name, *values])
        except psycopg2.Error as error:
            log.info("No heartbeat was written: %s", type(error).__name__)


def note_tick(cursor: Any, *, queue: str, sent_at: dt.datetime) -> None:
    """Write down that a worker took from this queue what a beat had put in."""
    row = [HeartKind.QUEUE.value, queue, settings.VERSION, sent_at]
    cursor.execute(_TICK, row)


def forget_silent(cursor: Any) -> None:
    """Delete the rows of processes that are gone for a day."""
    cursor.execute(
        "DELETE FROM core_heartbeat WHERE at < clock_timestamp() - %s", [KEPT]
    )


# --- the processes of Celery ---

_pulses: list[Pulse] = []


def connect() -> None:
    """Let workers and beats tell that they live; twice is as good as once."""
    worker_ready.connect(_worker_begins, dispatch_uid="core.worker_begins")
    worker_shutdown.connect(_worker_ends, dispatch_uid="core.worker_ends")
    beat_init.connect(_beat_begins, dispatch_uid="core.beat_begins")


def _worker_begins(sender: Any, **_kwargs: Any) -> None:
    queues = ",".join(sorted(sender.app.amqp.queues.consume_from))
    pulse = Pulse(HeartKind.WORKER, str(sender.hostname), queues=queues)
    _pulses.append(pulse)
    pulse.start()


def _worker_ends(**_kwargs: Any) -> None:
    while _pulses:
        _pulses.pop().stop()


def _beat_begins(**_kwargs: Any) -> None:
    """Let a beat count as alive for as long as it puts ticks into the broker."""
    sent = threading.Event()

    def note(**_kwargs: Any) -> None:
        sent.set()

    def ticked() -> bool:
        was = sent.is_set()
        sent.clear()
        return was

    before_task_publish.connect(note, weak=False, dispatch_uid="core.beat_ticks")
    pulse = Pulse(HeartKind.BEAT, alive=ticked)
    _pulses.append(pulse)
    pulse.start()
