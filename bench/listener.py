"""A browser's event stream, without the browser: raw, so that a thousand fit in a loop."""

import asyncio
import contextlib
import json
import random
import time
import urllib.parse
from dataclasses import dataclass, field

FINE = 200
LONGEST_REST = 0.8


class RefusedError(Exception):
    """The server gave another answer than a stream."""


@dataclass
class Listener:
    """Reads one stream, comes back with Last-Event-ID, and drops what it has had."""

    port: int
    token: str
    cookie: str
    channels: frozenset[str]
    since: int
    cursor: str = ""
    had: dict[str, float] = field(default_factory=dict)  # when each event came, by ref
    ids: set[int] = field(default_factory=set)
    again: int = 0  # events that came a second time and were dropped, as browsers do
    resets: int = 0
    opened: int = 0
    refused: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read for ever; whatever breaks, come back after a moment."""
        while True:
            with contextlib.suppress(OSError, EOFError, ValueError, RefusedError):
                await self._read()
            self.ready.clear()
            await asyncio.sleep(random.uniform(0.1, LONGEST_REST))

    async def _read(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(self._request())
            head = await reader.readuntil(b"\r\n\r\n")
            if int(head.split(b" ", 2)[1]) != FINE:
                self.refused += 1
                raise RefusedError
            self.opened += 1
            self.ready.set()
            rest = b""
            while part := await _chunk(reader):
                *messages, rest = (rest + part).split(b"\n\n")
                for message in messages:
                    self._take(message.decode())
        finally:
            writer.close()

    def _request(self) -> bytes:
        query = urllib.parse.urlencode({"token": self.token, "since": self.since})
        lines = [
            f"GET /events/?{query} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: {self.cookie}",
        ]
        if self.cursor:
            lines.append(f"Last-Event-ID: {self.cursor}")
        return "\r\n".join([*lines, "", ""]).encode()

    def _take(self, message: str) -> None:
        """Take one message; it may hold several lines of data, each an event."""
        now = time.perf_counter()
        fields = [line.partition(": ")[::2] for line in message.split("\n")]
        name = next((value for key, value in fields if key == "event"), "message")
        for key, value in fields:
            if key == "id":
                self.cursor = value
            elif key == "data" and name == "message":
                self._event(json.loads(value), now)
        self.resets += name == "reset"

    def _event(self, event: dict[str, object], now: float) -> None:
        key = int(str(event["id"]))
        if key in self.ids:
            self.again += 1
            return
        self.ids.add(key)
        self.had[f"{event['channel']} {event['ref']}"] = now


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    """Return the next piece of a chunked body; empty at its end."""
    size = int((await reader.readuntil(b"\r\n")).strip() or b"0", 16)
    return (await reader.readexactly(size + 2))[:-2] if size else b""
