"""What a restore does when it is told to end: in good order, but not between two renames."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Final, Self

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """A context in which these signals let everything be tidied up first.

    `late` is whether one came while it was `held`: then it was too late.
    """

    def __init__(self) -> None:
        self.late = self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {n: signal.signal(n, self._told) for n in _ENDING}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing in this block be broken off."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def _told(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self.late = True
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(128 + number)
