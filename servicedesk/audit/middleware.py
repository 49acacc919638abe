"""Tell the audit log who acts, and from which address."""

import uuid

from auditlog.cid import correlation_id
from auditlog.context import set_extra_data
from auditlog.middleware import AuditlogMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from servicedesk.core.addresses import true_address

_HIGHEST_PORT = 65535


class AuditActorMiddleware(AuditlogMiddleware):  # type: ignore[misc] # untyped library
    """django-auditlog's middleware with an address that can be believed.

    The correlation id, too, is ours: one from a header could be anything, and one
    longer than its column would make every write of the request fail.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation_id.set(uuid.uuid4().hex)
        with set_extra_data(context_data=self.get_extra_data(request)):
            response: HttpResponse = self.get_response(request)
            return response

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str | None:
        return true_address(request)

    @staticmethod
    def _get_remote_port(request: HttpRequest) -> int | None:
        # The forwarded port is the caller's to invent and the real one a proxy's.
        if int(getattr(settings, "TRUSTED_PROXIES", 0)) > 0:
            return None
        text = str(request.META.get("REMOTE_PORT", ""))
        port = int(text) if text.isascii() and text.isdecimal() else 0
        return port if 0 < port <= _HIGHEST_PORT else None
