"""The sign of life of a backup or drill, and how it hears that it shall stop."""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from django.db import DatabaseError, connection, transaction

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.models import RUNNING, Run
from servicedesk.backups.progress import Progress

log = logging.getLogger(__name__)
EVERY: Final = 2.0  # seconds
LEASE: Final = dt.timedelta(seconds=90)
"""Who has not been heard of for so long is taken for dead."""
STOPPED: Final = "stopped"
"""The process was told to end: the run is begun anew by the next one."""
Clock = Callable[[], dt.datetime]


class Pulse(Progress):
    """Writes progress to the row every few seconds, from a thread of its own.

    A context, for a run that was taken. What was given to `when_stopped` is called, in
    that thread, when the run has to stop: it ends what the main thread waits for.
    `raise_if_stopped` then says why.
    """

    def __init__(
        self, *, run: Run, clock: Clock, ending: Callable[[], bool] = lambda: False
    ) -> None:
        self._run, self._clock, self._ending = run, clock, ending
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._said: dict[str, Any] = {"step": "", "done": 0}
        self._at_stop: list[Callable[[], object]] = []
        self.reason = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Say no more; when this returns the row is left alone."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def at(self, step: str) -> None:
        self._said["step"] = step
        self.raise_if_stopped()

    def begin(self, step: str, of: int | None = None) -> None:
        self._said = {"step": step, "done": 0, "total": of}
        self.raise_if_stopped()

    def saw(self, size: int) -> None:
        self._said["done"] += size
        self.raise_if_stopped()

    def when_stopped(self, call: Callable[[], object]) -> None:
        self._at_stop.append(call)
        if self.reason:  # it came a moment ago
            call()

    def raise_if_stopped(self) -> None:
        if self.reason:
            raise BackupError(self.reason)

    def _beat(self) -> None:
        try:
            while not self._over.wait(EVERY):
                self._once()
        finally:
            connection.close()

    def _once(self) -> None:
        if self._ending():
            self._stop(STOPPED)
            return
        try:
            self._note()
        except DatabaseError:
            # Nobody else can look at the row either; what is at work will tell.
            log.warning("%r could not give a sign of life", self._run)
            connection.close()

    @transaction.atomic
    def _note(self) -> None:
        rows = type(self._run)._default_manager  # noqa: SLF001 - Django documents it
        mine = rows.filter(pk=self._run.pk, holder=self._run.holder, state=RUNNING)
        if not mine.update(beat_at=self._clock(), **self._said):
            self._stop(errors.LOST)
            return
        tell(self._run, progress=True)
        if mine.filter(cancel_asked_at__isnull=False).exists():
            self._stop(errors.CANCELLED)

    def _stop(self, reason: str) -> None:
        if self.reason:
            return
        self.reason = reason
        for call in list(self._at_stop):
            call()
