"""Between the database and the streams of one process: reads once, hands to all."""

import asyncio
import collections
import contextlib
import dataclasses
import logging
import os
import random
import threading
from collections.abc import Iterable, Sequence
from typing import Final

import psycopg2

from servicedesk.core.live.reader import Reader, TooMuchNews
from servicedesk.core.live.snapshot import Cursor
from servicedesk.core.live.stream import Event, Stream, encode_notice

log = logging.getLogger(__name__)

# A notification that was lost with its connection costs at most this long.
REREAD_SECONDS: Final = 5.0
# Rest between two readings: a burst of commits is read together.
REST_SECONDS: Final = 0.02
FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 5.0

Replay = tuple[Stream, list[Event] | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the database brought; `events` None means "reload"."""

    cursor: Cursor
    events: list[Event] | None
    replays: list[Replay]


class Hub:
    """Owned by the event loop, except for `_read` and below: the reading thread's."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.cursor: Cursor | None = None
        self._by_channel: dict[str, set[Stream]] = collections.defaultdict(set)
        # Appended to by the loop, taken from by the thread: both are atomic.
        self._newcomers: collections.deque[Stream] = collections.deque()
        self._seen: Cursor | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_read, self._wake_write = -1, -1

    def start(self) -> None:
        """Begin to listen; called on the event loop, harmless when it runs already."""
        if self._thread is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._read, name="live", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End all streams and give the connection back."""
        self.close_streams()
        if self._thread is None:
            return
        self._stopping.set()
        self._wake()
        await asyncio.to_thread(self._thread.join, 5)
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._wake_read, self._wake_write = -1, -1
        self._thread = None

    def close_streams(self) -> None:
        """End all streams; their browsers come back to whoever serves then."""
        for stream in list(self.streams):
            stream.end("bye")

    def subscribe(self, stream: Stream) -> None:
        """Take a stream in; its replay, then its events, arrive by `push`."""
        self.streams.add(stream)
        self._newcomers.append(stream)
        self._wake()

    def unsubscribe(self, stream: Stream) -> None:
        self.streams.discard(stream)
        for channel in stream.token.channels:
            listeners = self._by_channel.get(channel)
            if listeners is not None:
                listeners.discard(stream)
                if not listeners:
                    del self._by_channel[channel]

    def count(self, user_id: str) -> int:
        return sum(stream.token.user_id == user_id for stream in self.streams)

    # --- on the loop: hand out ---

    def _deliver(self, reading: Reading) -> None:
        self.cursor = reading.cursor
        if reading.events is None:
            for stream in self.streams:
                stream.end("reset")
        elif reading.events:
            self._hand_out(reading.events, str(reading.cursor))
        for stream, missed in reading.replays:
            self._settle(stream, missed, str(reading.cursor))

    def _hand_out(self, events: Iterable[Event], cursor: str) -> None:
        news: dict[Stream, list[bytes]] = {}
        for event in events:
            encoded = event.encode()
            for stream in self._by_channel.get(event.channel, ()):
                if event.ends(stream.token):
                    stream.end("signed_out")
                else:
                    news.setdefault(stream, []).append(encoded)
        for stream, encoded_events in news.items():
            stream.push(encoded_events, cursor)

    def _settle(
        self, stream: Stream, missed: Sequence[Event] | None, cursor: str
    ) -> None:
        if stream not in self.streams:
            return  # gone while its replay was read
        if missed and any(event.ends(stream.token) for event in missed):
            stream.end("signed_out")
            return
        for channel in stream.token.channels:
            self._by_channel[channel].add(stream)
        stream.current = True
        if missed is None:
            stream.tell(encode_notice("reset", cursor))
        elif missed:
            stream.push([event.encode() for event in missed], cursor)
        else:
            stream.tell(encode_notice("ping", cursor))

    # --- in the thread: read ---

    def _wake(self) -> None:
        # A full pipe wakes as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b".")

    def _read(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                with Reader.open() as reader:
                    self._look(reader)
                    retry = FIRST_RETRY_SECONDS
                    while not self._stopping.is_set():
                        self._rest(reader)
                        self._look(reader)
            except (psycopg2.Error, OSError) as error:
                log.warning("Live updates wait for the database: %s", error)
            except Exception:
                # The thread must outlive any mistake: without it all browsers age.
                log.exception("Live updates start again")
            self._stopping.wait(retry * random.uniform(0.8, 1.2))  # noqa: S311
            retry = min(retry * 2, LAST_RETRY_SECONDS)

    def _rest(self, reader: Reader) -> None:
        reader.wait(self._wake_read, REREAD_SECONDS)
        self._stopping.wait(REST_SECONDS)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)

    def _look(self, reader: Reader) -> None:
        """Read once; whatever is not handed over here is read again."""
        newcomers = [self._newcomers.popleft() for _ in range(len(self._newcomers))]
        try:
            cursor, events = self._news(reader)
            replays = reader.replay(newcomers, cursor.snapshot)
        except BaseException:
            self._newcomers.extendleft(newcomers)
            raise
        assert self._loop is not None
        if self._loop.is_closed():
            self._stopping.set()
            return
        self._loop.call_soon_threadsafe(self._deliver, Reading(cursor, events, replays))
        self._seen = cursor

    def _news(self, reader: Reader) -> tuple[Cursor, list[Event] | None]:
        try:
            return reader.news(self._seen.snapshot if self._seen else None)
        except TooMuchNews as too_much:
            return too_much.cursor, None
