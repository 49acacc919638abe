"""One browser's stream: what it listens to and what waits to be written to it."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Final

from servicedesk.core.live.publish import EVERY_SESSION, SIGNED_OUT
from servicedesk.core.live.snapshot import Snapshot
from servicedesk.core.live.tokens import StreamToken

# A browser that is this far behind reloads its parts instead.
MAX_WAITING: Final = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One row of LiveEvent, as it travels."""

    id: int
    xid: int
    channel: str
    kind: str
    ref: str
    at: dt.datetime

    def ends(self, token: StreamToken) -> bool:
        """Whether this event signs the owner of `token` out.

        For all sessions, only those of before count: who has signed in again stays.
        """
        if self.kind != SIGNED_OUT or self.channel != f"user:{token.user_id}":
            return False
        return self.ref == token.session or (
            self.ref == EVERY_SESSION and self.at >= token.issued_at
        )

    def encode(self) -> bytes:
        content = {
            "id": self.id,
            "channel": self.channel,
            "kind": self.kind,
            "ref": self.ref,
        }
        return b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n"


def encode_batch(events: Sequence[bytes], cursor: str) -> bytes:
    """Join encoded events; only the last carries the cursor.

    A batch that is cut off must be replayed whole: the browser drops the ids that
    it has had.
    """
    *first, last = events
    return b"\n".join([*first, last]) + f"id: {cursor}\n\n".encode()


def encode_notice(name: str, cursor: str | None = None) -> bytes:
    """Return a message of the stream itself: ping, reset, expired or signed_out."""
    place = f"id: {cursor}\n" if cursor else ""
    return f"event: {name}\n{place}data: {name}\n\n".encode()


class Stream:
    """Belongs to the event loop: only `after`, `since` and `token` are read elsewhere."""

    def __init__(
        self, token: StreamToken, *, after: Snapshot | None, since: dt.datetime
    ) -> None:
        self.token = token
        self.after = after
        self.since = since
        # True once it has had its replay: from then on its cursor is the hub's.
        self.current = False
        self.ended = asyncio.Event()
        self.ending = ""
        self._waiting: list[bytes] = []
        self._count = 0
        self._something = asyncio.Event()

    def push(self, events: Sequence[bytes], cursor: str) -> None:
        """Queue events for writing; end the stream when too many wait already."""
        self._count += len(events)
        if self._count > MAX_WAITING:
            self.end("reset")
        elif events and not self.ended.is_set():
            self._waiting.append(encode_batch(events, cursor))
            self._something.set()

    def tell(self, notice: bytes) -> None:
        """Queue a message of the stream itself."""
        if not self.ended.is_set():
            self._waiting.append(notice)
            self._something.set()

    def end(self, notice: str) -> None:
        """Close the stream with a last word; what still waits is dropped."""
        if not self.ended.is_set():
            self.ending = notice
            self._waiting.clear()
            self.ended.set()
            self._something.set()

    async def take(self, seconds: float) -> bytes:
        """Return what waits, or nothing once `seconds` have passed or it has ended."""
        # What was pushed in the moment of the timeout is taken too: the caller may
        # tell the hub's cursor only when nothing waits.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._something.wait()
        self._something.clear()
        taken = b"".join(self._waiting)
        self._waiting.clear()
        self._count = 0
        return taken
