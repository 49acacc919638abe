"""What a reader has seen: a snapshot of PostgreSQL, written `xmin:xmax:running`.

Ids of rows are drawn before their transactions commit, so "after the last id"
loses rows. A snapshot names the transactions that had ended, and so says exactly
which rows were visible to the one who took it.
"""

import dataclasses
import datetime as dt
import re
from typing import Self

# A snapshot with more running writers than this is handed out coarser, so that it
# fits into an address. Coarser means older: some events come again, none is lost.
_MOST_RUNNING = 40
_LONGEST = 8_000
_WRITTEN = re.compile(r"(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """Transactions below `xmin` had ended; from `xmax` on none; `running` between."""

    xmin: int
    xmax: int
    running: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the snapshot that `text` writes, or None when it writes none."""
        if len(text) > _LONGEST or not (match := _WRITTEN.fullmatch(text)):
            return None
        running = tuple(int(xid) for xid in match[3].split(",") if xid)
        snapshot = cls(int(match[1]), int(match[2]), running)
        inside = all(snapshot.xmin <= xid < snapshot.xmax for xid in running)
        return snapshot if snapshot.xmin <= snapshot.xmax and inside else None

    def sees(self, xid: int) -> bool:
        """Whether what transaction `xid` wrote was visible."""
        return xid < self.xmax and xid not in self.running

    def __str__(self) -> str:
        if len(self.running) > _MOST_RUNNING:
            return f"{self.xmin}:{self.xmin}:"
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"


@dataclasses.dataclass(frozen=True, slots=True)
class Cursor:
    """A snapshot and when it was taken: the place of a browser in the stream."""

    snapshot: Snapshot
    at: dt.datetime

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the cursor that `text` writes, or None when it writes none."""
        written, _, seconds = text.partition("@")
        snapshot = Snapshot.parse(written)
        if snapshot is None or not re.fullmatch(r"[0-9]{1,10}", seconds):
            return None
        return cls(snapshot, dt.datetime.fromtimestamp(int(seconds), tz=dt.UTC))

    def __str__(self) -> str:
        return f"{self.snapshot}@{int(self.at.timestamp())}"
