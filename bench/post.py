"""A mail server for measuring: it takes everything and remembers whose it was."""

import threading
import time
from collections import Counter
from typing import Any, Self

from aiosmtpd.controller import Controller

from servicedesk.embedded.ports import free_port


class Post:
    """An SMTP server on the loopback address, for a `with` block."""

    def __init__(self) -> None:
        self.port = free_port()
        self.came: Counter[str] = Counter()
        self.last = 0.0
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Note the letter's own id; called by aiosmtpd."""
        head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
        for line in head.splitlines():
            if line.lower().startswith("message-id:"):
                # <letter's key>.<ticket's number>@<domain>
                key = line.partition("<")[2].partition(".")[0]
                with self._lock:
                    self.came[key] += 1
                    self.last = time.monotonic()
        return "250 kept"

    @property
    def number(self) -> int:
        """How many letters came, each as often as it came."""
        with self._lock:
            return sum(self.came.values())
