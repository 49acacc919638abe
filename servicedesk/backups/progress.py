"""How far long work is, and whether it shall stop."""

from collections.abc import Callable
from typing import Final


class Progress:
    """What long work tells of itself, and asks. This one is told in vain, and goes on."""

    def at(self, step: str) -> None:
        """Note what is being done; what was counted before counts on."""

    def begin(self, step: str, of: int | None = None) -> None:
        """Note what is being done, and how much of it there is: counted from nothing."""

    def saw(self, size: int) -> None:
        """Count what has gone through; raises when it has to stop."""

    def when_stopped(self, call: Callable[[], object]) -> None:
        """Have something ended, from another thread, when the work has to stop."""

    def raise_if_stopped(self) -> None:
        """Raise BackupError with the reason why it has to stop, if it has."""


NOBODY: Final = Progress()
"""Nobody looks on."""
