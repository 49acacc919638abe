"""Django's pages behind ASGI: a thread is taken only for work, never for waiting."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any, Final

from a2wsgi import WSGIMiddleware

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A body beyond this much memory waits on disk.
IN_MEMORY: Final = 1024 * 1024
CHUNK: Final = 256 * 1024
# A client that is silent for this long in the middle of its body, or takes none of
# its answer, has gone.
SILENCE_SECONDS: Final = 30.0
# Parts of an answer that may wait for a slow client before its thread waits too.
QUEUED_PARTS: Final = 64
_WORDS: Final = {
    408: "没有收到完整的内容，请再发送一次。 Not all of it arrived. Please send it again.\n",
    413: "文件太大，没有收下。 The files are too large and were not taken.\n",
    503: (
        "暂时无法接收文件，请稍后再发送。 "
        "Files cannot be received just now. Please send it again in a while.\n"
    ),
}


class Refused(Exception):  # noqa: N818  # an answer, not a failure
    """The request does not reach Django; `args[0]` is the status."""


class Gone(Exception):  # noqa: N818  # nobody is left to answer
    """The client went away before its request was complete."""


class Pages:
    """Run a WSGI application in `threads` threads that live as long as the process.

    Database connections belong to threads, so they persist as well. A request's body
    (at most `max_body` bytes) is read to its end before a thread is taken: slow or
    broken uploads hold no thread, and Django never sees half a form.
    """

    def __init__(self, application: Any, *, threads: int, max_body: int) -> None:
        self._wsgi: Any = WSGIMiddleware(
            application, workers=threads, send_queue_size=QUEUED_PARTS
        )
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                await self._read(_plain_headers(scope), receive, body)
            except Refused as refused:
                await _refuse(int(refused.args[0]), send)
                return
            except OSError as error:
                # Nothing of it has reached Django: nothing is half done.
                log.error("A request found no room to wait in: %s", error.strerror)  # noqa: TRY400
                await _refuse(503, send)
                return
            except Gone:
                return
            body.seek(0)
            await self._run(scope, _Replay(body), _Answer(send))

    def close(self) -> None:
        """Let the threads end; for the shutdown of the process."""
        self._wsgi.executor.shutdown(wait=False, cancel_futures=True)

    async def _read(self, scope: Scope, receive: Receive, body: IO[bytes]) -> None:
        """Copy the request's body into `body`, or raise Refused or Gone."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit():
            raise Refused(400)
        if int(announced) > self._max_body:
            raise Refused(413)
        length, more = 0, True
        while more:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await receive()
            except TimeoutError:
                raise Refused(408) from None
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            more = message.get("more_body", False)
            length += len(part)
            if length > self._max_body:
                raise Refused(413)
            body.write(part)
        if b"transfer-encoding" in dict(scope["headers"]):
            # Django reads as much as is announced; a chunked body announces nothing.
            scope["headers"] = [
                *(
                    (name, value)
                    for name, value in scope["headers"]
                    if name != b"content-length"
                ),
                (b"content-length", str(length).encode()),
            ]

    async def _run(self, scope: Scope, replay: "_Replay", answer: "_Answer") -> None:
        running = asyncio.create_task(self._wsgi(scope, replay, answer.send))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # The server stops. A thread that waits to hand out its answer would
            # keep the process alive for ever.
            answer.give_up()
            await running
            raise


class _Replay:
    """The `receive` of a body that has arrived."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    async def __call__(self) -> Message:
        part = self._body.read(CHUNK)
        return {"type": "http.request", "body": part, "more_body": len(part) == CHUNK}


class _Answer:
    """A `send` that gives a client up instead of waiting for it for ever.

    It must not raise: the thread that produces the answer would wait for a queue
    that nobody empties any more.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._gone = False
        self._sending: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        if self._gone:
            return
        self._sending = asyncio.ensure_future(self._send(message))
        done, _ = await asyncio.wait({self._sending}, timeout=SILENCE_SECONDS)
        if not done:
            self.give_up()
        elif error := self._sending.exception():
            log.error("An answer could not be sent", exc_info=error)
            self._gone = True

    def give_up(self) -> None:
        self._gone = True
        if self._sending is not None:
            self._sending.cancel()


def _plain_headers(scope: Scope) -> Scope:
    """Drop headers spelled with underscores: WSGI would take them for the dashed ones.

    Otherwise `X_Forwarded_For` from outside passes for what our proxy has said.
    """
    scope["headers"] = [item for item in scope["headers"] if b"_" not in item[0]]
    return scope


async def _refuse(status: int, send: Send) -> None:
    words = _WORDS.get(status, "").encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"connection", b"close"),
    ]
    with contextlib.suppress(OSError):
        await send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        await send({"type": "http.response.body", "body": words})
