"""The sign of life of a drill, from a thread of its own."""

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from django.db import DatabaseError, connection, transaction

from servicedesk.backups.live import tell_drill
from servicedesk.backups.models import Drill, DrillState

log = logging.getLogger(__name__)
EVERY: Final = 2.0  # seconds
LEASE: Final = dt.timedelta(seconds=90)
"""Who has not been heard of for so long is taken for dead."""
Clock = Callable[[], dt.datetime]


class Heart:
    """A context: while it lasts the row says that somebody is at it, and at what step."""

    def __init__(self, *, pk: int, holder: uuid.UUID, clock: Clock) -> None:
        self._pk, self._holder, self._clock = pk, holder, clock
        self._step = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def at(self, step: str) -> None:
        """Note what is being done; it is written with the next beat."""
        self._step = step

    def _run(self) -> None:
        try:
            while not self._over.wait(EVERY):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            with transaction.atomic():
                mine = Drill.objects.filter(
                    pk=self._pk, holder=self._holder, state=DrillState.RUNNING
                )
                if mine.update(beat_at=self._clock(), step=self._step):
                    tell_drill(self._pk)
        except DatabaseError:
            log.warning("Drill %s could not give a sign of life", self._pk)
            connection.close()
