"""A browser for measuring: one connection that is kept, a session, and a stopwatch."""

import http.client
import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from bench.meter import ASK, TOLD

CSRF = "x" * 32
FINE = {200, 204, 302, 303}
LANGUAGE = "zh-hans"
IDLE = 3.0  # seconds after which a kept connection may be gone


@dataclass
class Answer:
    """What came back, and what it cost: in milliseconds, and in queries."""

    took: float
    status: int
    size: int
    location: str = ""
    cost: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: "Answer") -> "Answer":
        cost = {
            name: self.cost.get(name, 0) + other.cost.get(name, 0)
            for name in other.cost
        }
        whole = self.took + other.took
        return Answer(whole, other.status, other.size, other.location, cost)


class Browser:
    """Signed in by a session that was made beforehand."""

    def __init__(self, port: int, cookie: str, session: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._used = 0.0
        self._headers = {
            "Cookie": f"{cookie}={session}; desk_csrf={CSRF}",
            ASK: "1",
            "Accept-Language": LANGUAGE,
        }

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, *, htmx: bool = False, **fields: Any) -> Answer:
        """Send a form; as htmx does it, the answer is the page."""
        body = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": CSRF})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if htmx:
            headers["HX-Request"] = "true"
        return self._ask("POST", path, body, headers)

    def post_and_follow(self, path: str, **fields: Any) -> Answer:
        """Send a form and fetch the page that it leads to: two requests, one act."""
        sent = self.post(path, **fields)
        if not sent.location:
            raise SystemExit(
                f"POST {path} was answered by {sent.status}, not by a page to go to"
            )
        return sent + self.get(sent.location)

    def close(self) -> None:
        self._line.close()

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> Answer:
        if time.monotonic() - self._used > IDLE:
            self._line.close()  # the server has hung up; the next request connects
        began = time.perf_counter()
        self._line.request(method, path, body, self._headers | headers)
        answer = self._line.getresponse()
        text = answer.read()
        took = (time.perf_counter() - began) * 1000
        self._used = time.monotonic()
        if answer.status not in FINE:
            raise SystemExit(
                f"{method} {path} was answered by {answer.status}: {text[:300]!r}"
            )
        return Answer(
            took,
            answer.status,
            len(text),
            answer.getheader("Location", ""),
            json.loads(answer.getheader(TOLD, "{}")),
        )
