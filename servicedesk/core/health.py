"""`/healthz` and `/readyz`: whether this process answers, and whether it can work.

The middleware stands before all others: it asks for no host, session or language, so
that ALLOWED_HOSTS and the redirect to TLS need no exception for whoever checks from
inside. Strangers may ask too; they get a bare word, the log gets the reasons.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg2
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from servicedesk.core.health_checks import Check, Severity, registered
from servicedesk.core.own_line import own_line
from servicedesk.core.strict_transport import strict_transport

log = logging.getLogger(__name__)

ALIVE: Final = "/healthz"
READY: Final = "/readyz"
# Whoever asks more often gets the last answer: strangers cannot keep us busy with it.
KEPT_SECONDS: Final = 1.0
_WORDS: Final = {"ok": 200, "degraded": 200, "not ready": 503}


class HealthMiddleware:
    """Answer the two addresses, and pass everything else on untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == ALIVE:
            return _answer(request, "ok")
        if request.path_info == READY:
            return _answer(request, _readiness.word())
        return self.get_response(request)


def _answer(request: HttpRequest, word: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    response = HttpResponse(
        f"{word}\n", content_type="text/plain; charset=utf-8", status=_WORDS[word]
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in strict_transport(secure=request.is_secure()).items():
        response.headers[name] = value
    return response


class _Readiness:
    """The last answer of this process; one thread at a time looks for a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._word, self._until = "", 0.0
        self._told: list[str] = []

    def word(self) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                failed, degraded = look()
                self._tell(failed + degraded)
                self._word = "not ready" if failed else "degraded" if degraded else "ok"
                self._until = time.monotonic() + KEPT_SECONDS
            return self._word

    def forget(self) -> None:
        self._until = 0.0

    def _tell(self, reasons: list[str]) -> None:
        """Log only what changed: the same question comes every few seconds."""
        if reasons == self._told:
            return
        if reasons:
            log.error("Not in full order: %s", "; ".join(reasons))
        else:
            log.warning("In full order again")
        self._told = reasons


_readiness = _Readiness()


def look() -> tuple[list[str], list[str]]:
    """Return why this process cannot work, and what it can work without for a while."""
    with translation.override("en"):
        found = findings()
    failed = [one.words for one in found if one.check.severity is Severity.FAILED]
    degraded = [one.words for one in found if one.check.severity is Severity.DEGRADED]
    return failed, degraded


@dataclass(frozen=True)
class Finding:
    """What a check found wrong, in words of the language that is active."""

    check: Check
    words: str


def findings() -> list[Finding]:
    """Look at everything once; without the database, at what needs none."""
    try:
        with own_line("health") as cursor:
            return _asked(cursor)
    except psycopg2.Error as error:
        words = gettext("the database does not answer (%(error)s)")
        away = Finding(_DATABASE, words % {"error": type(error).__name__})
        return [away, *_asked(None)]


def _asked(cursor: Any) -> list[Finding]:
    found = ((check, _words(check, cursor)) for check in registered())
    return [Finding(check, words) for check, words in found if words]


def _words(check: Check, cursor: Any) -> str:
    """Ask one check; one that breaks tells of itself and leaves the others alone."""
    try:
        return check.look(cursor or _Away())
    except _NobodyThereError:
        return ""
    except Exception as error:  # noqa: BLE001 - whatever an app registered
        words = gettext("%(name)s could not be looked at (%(error)s)")
        return words % {"name": check.name, "error": type(error).__name__}


class _NobodyThereError(Exception):
    pass


class _Away:
    """Stands for the cursor while the database is away, which is told once."""

    def __getattr__(self, name: str) -> Any:
        raise _NobodyThereError(name)


_DATABASE: Final = Check(
    "database",
    gettext_lazy("Database"),
    lambda _cursor: "",
    gettext_lazy("Start PostgreSQL; processes connect again by themselves."),
    Severity.FAILED,
)
