"""One number for a request and for everything that it set going."""

import contextlib
import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER: Final = "X-Request-ID"
CARRIED: Final = "desk_request_id"
SENT_AT: Final = "desk_sent_at"
_FIT: Final = re.compile(r"[0-9A-Za-z]{16,64}")


@dataclass
class Doing:
    """What this thread is at: a request, or a task of a worker."""

    id: str
    request: HttpRequest | None = None
    task: str = ""
    task_id: str = ""

    @property
    def page(self) -> str:
        """The name of the address, never the address: some are secrets."""
        match = getattr(self.request, "resolver_match", None)
        return str(match.view_name) if match else ""

    @property
    def user_id(self) -> int | None:
        """The number of whoever is signed in, if it was asked for already."""
        return getattr(getattr(self.request, "_cached_user", None), "pk", None)


_doing: ContextVar[Doing | None] = ContextVar("desk_doing", default=None)


def doing() -> Doing | None:
    """Return what this thread is at; None in commands and between requests."""
    return _doing.get()


def request_id() -> str:
    """Return the number of what this thread is at, or ""."""
    found = _doing.get()
    return found.id if found else ""


def audit_number() -> str | None:
    """Return the same for entries of the audit log, which have none in commands."""
    return request_id() or None


@contextlib.contextmanager
def at(what: Doing) -> Iterator[None]:
    """Be at it for the length of a `with` block."""
    token = _doing.set(what)
    try:
        yield
    finally:
        _doing.reset(token)


class RequestIdMiddleware:
    """Number each request: as our proxy did, or anew; and say the number in the answer.

    Only behind a proxy of ours is the header believed, and only what could be a number:
    it goes into logs, tasks and the audit log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXIES else ""
        number = given if _FIT.fullmatch(given) else uuid.uuid4().hex
        with at(Doing(number, request)):
            response = self.get_response(request)
        response.headers[HEADER] = number
        return response


# --- tasks carry it on ---

_tokens: dict[str, contextlib.ExitStack] = {}


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    before_task_publish.connect(_send, dispatch_uid="core.request_id_sent")
    task_prerun.connect(_begin, dispatch_uid="core.request_id_begins")
    task_postrun.connect(_end, dispatch_uid="core.request_id_ends")


def _send(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """Put the number, and the time, into the message's headers."""
    if headers is None:
        return
    headers[CARRIED] = request_id() or uuid.uuid4().hex
    headers[SENT_AT] = dt.datetime.now(dt.UTC).isoformat()


def _begin(task_id: str, task: Any, **_kwargs: Any) -> None:
    carried = str(getattr(task.request, CARRIED, None) or "")
    number = carried if _FIT.fullmatch(carried) else request_id() or uuid.uuid4().hex
    stack = _tokens[task_id] = contextlib.ExitStack()
    stack.enter_context(at(Doing(number, task=task.name, task_id=task_id)))


def _end(task_id: str, **_kwargs: Any) -> None:
    _tokens.pop(task_id, contextlib.ExitStack()).close()
