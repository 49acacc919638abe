"""The sign of life of a backup that is being made, and how it hears that it shall stop."""

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from django.db import DatabaseError, connection, transaction

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.models import Backup, BackupState

log = logging.getLogger(__name__)
EVERY: Final = 2.0  # seconds
LEASE: Final = dt.timedelta(seconds=90)
"""Who has not been heard of for so long is taken for dead."""
STOPPED: Final = "stopped"
"""The process was told to end: the backup is begun anew by the next one."""
Clock = Callable[[], dt.datetime]


class Pulse:
    """Writes progress to the row every few seconds, from a thread of its own.

    A context. `at_stop` are called, in that thread, when the backup has to stop: they
    end what the main thread waits for. `raise_if_stopped` then says why.
    """

    def __init__(
        self, *, pk: int, holder: uuid.UUID, clock: Clock, ending: Callable[[], bool]
    ) -> None:
        self._pk, self._holder, self._clock, self._ending = pk, holder, clock, ending
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._step, self._done = "", 0
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
        """Note what is being done."""
        self._step = step
        self.raise_if_stopped()

    def saw(self, size: int) -> None:
        """Count what has gone through; raises when it has to stop."""
        self._done += size
        self.raise_if_stopped()

    def when_stopped(self, call: Callable[[], object]) -> None:
        """Have something ended when the backup has to stop."""
        self._at_stop.append(call)

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
            # Nobody else can look at the row either; pg_dump will tell.
            log.warning("Backup %s could not give a sign of life", self._pk)
            connection.close()

    @transaction.atomic
    def _note(self) -> None:
        mine = Backup.objects.filter(
            pk=self._pk, holder=self._holder, state=BackupState.RUNNING
        )
        found = mine.update(beat_at=self._clock(), step=self._step, done=self._done)
        if not found:
            self._stop(errors.LOST)
            return
        tell(self._pk, progress=True)
        if mine.filter(cancel_asked_at__isnull=False).exists():
            self._stop(errors.CANCELLED)

    def _stop(self, reason: str) -> None:
        if self.reason:
            return
        self.reason = reason
        for call in self._at_stop:
            call()
