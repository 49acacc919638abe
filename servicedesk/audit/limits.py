"""Log that somebody met a limit: enough to see an attack, never so much as to fill up."""

import logging
from http import HTTPStatus
from typing import Any, Final

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from servicedesk.audit.actions import record_refusal
from servicedesk.core.addresses import true_address
from servicedesk.core.signals import limit_met

SECONDS: Final = 3600
"""Of one limit and one person or address there is one entry in this time."""
MOST: Final = 200
"""Of all of them together; the last one says that more are not logged."""
_log = logging.getLogger(__name__)


_TOLD: Final = "audit_limit_told"


def connect() -> None:
    """Connect the receiver; twice is as good as once."""
    limit_met.connect(met, dispatch_uid="audit.limit_met")


def met(request: HttpRequest, what: str, **_kwargs: Any) -> None:
    """Log which limit it was, on which page, and whose: a person's or an address's."""
    setattr(request, _TOLD, True)
    try:
        if _is_new(request, what) and (number := _counted()) <= MOST:
            _record(request, what, is_last=number == MOST)
    except DatabaseError:
        _log.exception("A limit that was met could not be written to the audit log")


def met_elsewhere(request: HttpRequest) -> None:
    """Log a limit of the login library, which tells nobody but by its answer."""
    if not hasattr(request, _TOLD):
        met(request, what="accounts")


def _is_new(request: HttpRequest, what: str) -> bool:
    user = request.user
    signed_in = user.is_authenticated
    who = f"user:{user.pk}" if signed_in else str(true_address(request))
    return cache.add(f"audit:limit:{what}:{who}", 1, SECONDS)


def _counted() -> int:
    cache.add("audit:limits", 0, SECONDS)
    try:
        return int(cache.incr("audit:limits"))
    except ValueError:  # it ended between the two
        return 1


def _record(request: HttpRequest, what: str, *, is_last: bool) -> None:
    # The signal carries no time: this is the edge where it comes in.
    now = timezone.now()  # noqa: TID251
    match = request.resolver_match
    more = {"more": "not logged for an hour"} if is_last else {}
    record_refusal(
        page=match.view_name if match else "",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        named={"limit": what, **more},
        now=now,
    )
