"""`/events/`: a bare ASGI endpoint that holds no thread and no connection."""

import asyncio
import datetime as dt
import re
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.conf import settings
from django.core.signing import BadSignature
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from servicedesk.core.live import tokens
from servicedesk.core.live.hub import Hub
from servicedesk.core.live.publish import KEPT
from servicedesk.core.live.snapshot import Cursor
from servicedesk.core.live.stream import Stream, encode_notice
from servicedesk.core.strict_transport import came_by_tls, strict_transport

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS: Final = 15.0
# How long a last word may take before the line is cut.
FAREWELL_SECONDS: Final = 2.0
MAX_PER_USER: Final = 6
MAX_STREAMS: Final = 3_000
# A page is rendered a little before its token's clock is read, on another machine.
MARGIN: Final = dt.timedelta(seconds=5)
_LATEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
_HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_STREAM_HEADERS: Final = [
    *_HEADERS,
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
]


class Refused(Exception):  # noqa: N818  # an answer, not a failure
    """The request gets no stream; `args[0]` is the status."""


class Endpoint:
    """Answers `GET /events/?token=…[&after=<cursor>][&since=<epoch seconds>]`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = _strict(scope, send)
        try:
            stream, reload = self._admit(scope, dt.datetime.now(dt.UTC))
        except Refused as refused:
            await _refuse(int(refused.args[0]), send)
            return
        self.hub.start()
        self.hub.subscribe(stream)
        try:
            await self._serve(stream, receive, send, reload=reload)
        finally:
            self.hub.unsubscribe(stream)

    def _admit(self, scope: Scope, now: dt.datetime) -> tuple[Stream, bool]:
        """Return the stream and whether its browser was away for too long."""
        if scope["method"] != "GET":
            raise Refused(405)
        headers = dict(scope["headers"])
        query = dict(urllib.parse.parse_qsl(scope["query_string"].decode("latin-1")))
        token = _authenticate(query.get("token", ""), headers, now)
        if len(self.hub.streams) >= MAX_STREAMS:
            raise Refused(503)
        if self.hub.count(token.user_id) >= MAX_PER_USER:
            raise Refused(429)
        # A browser that reconnects by itself repeats the address and says in the
        # header how far it has come since.
        after = Cursor.parse(
            headers.get(b"last-event-id", b"").decode("latin-1")
            or query.get("after", "")
        )
        since = _moment(query.get("since", "")) or (
            _LATEST if after else token.issued_at
        )
        oldest = now - KEPT + dt.timedelta(minutes=30)
        reload = since < oldest or (after is not None and after.at < oldest)
        if reload:
            after, since = None, now
        if since != _LATEST:
            since -= MARGIN
        place = after.snapshot if after else None
        return Stream(token, after=place, since=since), reload

    async def _serve(
        self, stream: Stream, receive: Receive, send: Send, *, reload: bool
    ) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": _STREAM_HEADERS,
            }
        )
        writing = asyncio.create_task(self._write(stream, send, reload=reload))
        leaving = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(stream.ended.wait())
        tasks = {writing, leaving, ending}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not leaving.done():
                # Who does not read would otherwise hold the writer for ever.
                await asyncio.wait({writing}, timeout=FAREWELL_SECONDS)
            if writing.done():
                writing.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, stream: Stream, send: Send, *, reload: bool) -> None:
        hello = b"retry: 2000\n\n" + (encode_notice("reset") if reload else b"")
        await _send_part(send, hello)
        expires_at = stream.token.expires_at.timestamp()
        while not stream.ended.is_set():
            left = expires_at - dt.datetime.now(dt.UTC).timestamp()
            if left <= 0:
                stream.end("expired")
                break
            part = await stream.take(min(left, HEARTBEAT_SECONDS))
            if stream.ended.is_set():
                break
            await _send_part(send, part or encode_notice("ping", self._place(stream)))
        last_word = encode_notice(stream.ending, self._place(stream))
        await _send_part(send, last_word, more=False)

    def _place(self, stream: Stream) -> str | None:
        """Return the cursor of a stream that has nothing waiting."""
        # What was dropped on "reset" is made good by the reload that it asks for.
        settled = stream.current and stream.ending in {"", "reset"}
        return str(self.hub.cursor) if settled and self.hub.cursor else None


def _strict(scope: Scope, send: Send) -> Send:
    """Return a `send` that keeps the browser to TLS, where this came by it."""
    secure = came_by_tls(scope.get("scheme", "http"), dict(scope["headers"]))
    more = [
        (name.lower().encode(), value.encode())
        for name, value in strict_transport(secure=secure).items()
    ]

    async def strict(message: Message) -> None:
        if more and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return strict


def _authenticate(
    text: str, headers: dict[bytes, bytes], now: dt.datetime
) -> tokens.StreamToken:
    """Return the token if it is true, young and used in the session it was made for.

    A token that leaked through a log is of no use without the session's cookie.
    """
    try:
        token = tokens.read_token(text)
    except (BadSignature, ValueError, KeyError, TypeError):
        raise Refused(403) from None
    if token.expires_at <= now:
        raise Refused(401)
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    if not constant_time_compare(tokens.session_ref(session_key), token.session):
        raise Refused(403)
    if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
        raise Refused(403)
    return token


def _moment(text: str) -> dt.datetime | None:
    if not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    return dt.datetime.fromtimestamp(int(text), tz=dt.UTC)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_part(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _refuse(status: int, send: Send) -> None:
    headers = [*_HEADERS, (b"content-type", b"text/plain"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
