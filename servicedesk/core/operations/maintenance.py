"""Whether the desk is closed; and the one answer that everybody else gets then.

The row in the database is what counts. A process looks at it at most every two seconds
and remembers what it saw: pages pay no query for it, and all processes follow within
that time. While the database is away the last answer stands; whoever wants the desk
closed then uses the proxy's own flag (docs/operations.md).
"""

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from servicedesk.core.access import may
from servicedesk.core.views import closed

PERMISSION: Final = "core.change_maintenance"
LOOKED_EVERY: Final = 2.0  # seconds
# The way in has to stay open for those who may come in; files are for everybody.
_OPEN: Final = ("/accounts/", "/static/", "/i18n/")
_SOONEST, _LATEST, _USUAL = 60, 3600, 300  # seconds in Retry-After
_NOW: Final = """
SELECT until, message_zh, message_en FROM core_maintenance WHERE ended_at IS NULL
"""


@dataclass(frozen=True)
class Closed:
    """What is known of a desk that is closed."""

    until: dt.datetime | None
    message_zh: str
    message_en: str

    def words(self, language: str) -> str:
        """Return the message in a language, or "" for the usual sentence."""
        return self.message_zh if language.startswith("zh") else self.message_en

    def retry_after(self, now: dt.datetime) -> int:
        """Return after how many seconds it is worth coming back."""
        if self.until is None:
            return _USUAL
        left = (self.until - now).total_seconds()
        return int(min(max(left, _SOONEST), _LATEST))


class _Look:
    """What this process saw last; one thread at a time looks again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until, self.seen = 0.0, None

    _until: float
    seen: Closed | None

    def now(self) -> Closed | None:
        if time.monotonic() >= self._until and self._lock.acquire(blocking=False):
            try:
                self._until = time.monotonic() + LOOKED_EVERY
                self.seen = _ask()
            except Error:
                pass  # the page itself will say that the database is away
            finally:
                self._lock.release()
        return self.seen

    def rest(self, seconds: float, seen: Closed | None = None) -> None:
        self._until, self.seen = time.monotonic() + seconds, seen


def _ask() -> Closed | None:
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        row = cursor.fetchone()
    return Closed(*row) if row else None


_look = _Look()


def closed_now() -> Closed | None:
    """Return what is known if the desk is closed, None if it is open."""
    return _look.now()


def look_again() -> None:
    """Have the next page of this process look: something was changed."""
    _look.rest(0.0)


class MaintenanceMiddleware:
    """Answer 503 to everybody but administrators while the desk is closed.

    It stands after the reader is known: their language, and whether they may pass.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        state = closed_now()
        if state is None or request.path_info.startswith(_OPEN):
            return self.get_response(request)
        if request.user.is_authenticated and may(request.user, PERMISSION):
            return self.get_response(request)
        return closed(
            request,
            words=state.words,
            until=state.until,
            retry_after=state.retry_after(timezone.now()),
        )
