"""Keep processes alive: what dies is started again, later each time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from servicedesk.embedded.errors import DeskError

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0  # seconds
WELL_AFTER = 60.0  # seconds of life after which earlier deaths are forgotten


class Watched(Protocol):
    """Something that can die and be started again."""

    @property
    def name(self) -> str: ...

    def alive(self) -> bool: ...

    def start(self) -> None: ...


@dataclass
class _Record:
    deaths: int = 0
    started: float = 0.0
    due: float | None = None


class Supervisor:
    """Watches the given things each time `look` is called."""

    def __init__(
        self,
        watched: Sequence[Watched],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watched, self._say, self._clock = watched, say, clock
        self._records = {thing.name: _Record(started=clock()) for thing in watched}

    def look(self) -> None:
        """Start again what is dead and whose delay is over."""
        for thing in self.watched:
            record = self._records[thing.name]
            if record.due is None and not thing.alive():
                self._note_death(thing, record)
            elif record.due is not None and self._clock() >= record.due:
                record.due, record.started = None, self._clock()
                self._revive(thing)

    def _note_death(self, thing: Watched, record: _Record) -> None:
        if self._clock() - record.started > WELL_AFTER:
            record.deaths = 0
        delay = min(FIRST_DELAY * 2**record.deaths, LONGEST_DELAY)
        record.deaths += 1
        record.due = self._clock() + delay
        self._say(
            f"{thing.name} has stopped by itself; it is started again in {delay:.0f} s."
        )

    def _revive(self, thing: Watched) -> None:
        try:
            thing.start()
        except DeskError as error:
            self._say(str(error))  # still dead: the next look tries again
        else:
            self._say(f"{thing.name} runs again.")
