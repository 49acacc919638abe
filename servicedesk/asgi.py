"""What the web server runs: the event stream beside Django's pages."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from django.conf import settings

from servicedesk.pages import Pages
from servicedesk.wsgi import application as pages_application  # sets Django up

# Imported after Django is set up: they use models.
from servicedesk.core.live.endpoint import Endpoint  # isort: skip
from servicedesk.core.live.hub import Hub  # isort: skip
from servicedesk.core.models import HeartKind  # isort: skip
from servicedesk.core.operations.heartbeats import Pulse  # isort: skip

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

hub = Hub()
events = Endpoint(hub)
pages = Pages(
    pages_application,
    threads=int(os.environ.get("WEB_THREADS", "8")),
    max_body=settings.ATTACHMENT_MAX_BYTES * settings.ATTACHMENT_MAX_COUNT
    + settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
)


async def application(
    scope: MutableMapping[str, Any], receive: Receive, send: Send
) -> None:
    """Take the process's start and stop, and lead each request to its place."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"] == "/events/":
        await events(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    hub.start()
    pulse = Pulse(HeartKind.WEB)
    pulse.start()
    _end_streams_on_signal(asyncio.get_running_loop())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await hub.stop()
    await asyncio.to_thread(pulse.stop)
    pages.close()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on_signal(loop: asyncio.AbstractEventLoop) -> None:
    """Say goodbye to open streams as soon as the process is told to stop.

    Servers wait for open connections before they tell the application, and streams
    never end by themselves.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        earlier = signal.getsignal(number)
        if not callable(earlier):
            continue

        def stop(
            received: int,
            frame: FrameType | None,
            earlier: Callable[[int, FrameType | None], Any] = earlier,
        ) -> None:
            loop.call_soon_threadsafe(hub.close_streams)
            earlier(received, frame)

        signal.signal(number, stop)
