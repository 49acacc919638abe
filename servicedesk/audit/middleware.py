"""Tell the audit log who acts, and from which address."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from servicedesk.audit import limits
from servicedesk.audit.actions import record_refusal
from servicedesk.audit.context import Acting, acting
from servicedesk.core.access import Unseen
from servicedesk.core.addresses import true_address

_HIGHEST_PORT: Final = 65535
# Parts of an address that name an object; others may be secret.
_NAMES: Final = frozenset({"pk", "number", "object_id", "figure"})
_LONGEST: Final = 64
_STRANGERS_SECONDS: Final = 600
_TOLD: Final = "audit_told"
_log = logging.getLogger(__name__)


class AuditActorMiddleware:
    """In place of django-auditlog's own, with an address that can be believed.

    The correlation id is the number of the request (AUDITLOG_CID_GETTER), by which the
    logs call it as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        who = Acting(request, true_address(request), _port(request))
        with acting(who):
            response = self.get_response(request)
            if _is_silent_refusal(request, response):
                _refused(request, HTTPStatus.FORBIDDEN)
            elif response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                limits.met_elsewhere(request)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Log a refusal; the answer is others' business."""
        if isinstance(exception, PermissionDenied):
            _refused(request, HTTPStatus.FORBIDDEN)
        elif isinstance(exception, Unseen):
            _refused(request, HTTPStatus.NOT_FOUND, exception.instance)


def _is_silent_refusal(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell a refusal of Django's own, as of a form without its token, to a person."""
    refused = response.status_code == HTTPStatus.FORBIDDEN
    return refused and not hasattr(request, _TOLD) and request.user.is_authenticated


def _refused(
    request: HttpRequest, status: HTTPStatus, instance: Model | None = None
) -> None:
    setattr(request, _TOLD, True)
    match = request.resolver_match
    page = match.view_name if match else ""
    if not request.user.is_authenticated:
        # Anybody on the net can be refused as often as they like.
        key = f"audit:refused:{true_address(request)}:{page}"
        if not cache.add(key, 1, _STRANGERS_SECONDS):
            return
    named = {
        name: str(value)[:_LONGEST]
        for name, value in (match.kwargs if match else {}).items()
        if name in _NAMES
    }
    try:
        record_refusal(
            page=page, status=status, named=named, now=now(), instance=instance
        )
    except DatabaseError:
        _log.exception("A refusal could not be written to the audit log")


def _port(request: HttpRequest) -> int | None:
    # The forwarded port is the caller's to invent and the real one a proxy's.
    if int(getattr(settings, "TRUSTED_PROXIES", 0)) > 0:
        return None
    text = str(request.META.get("REMOTE_PORT", ""))
    port = int(text) if text.isascii() and text.isdecimal() else 0
    return port if 0 < port <= _HIGHEST_PORT else None
