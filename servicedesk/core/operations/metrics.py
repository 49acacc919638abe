"""`/metrics` for Prometheus: what this process answered, and figures from the database.

Each web process is a target of its own: it counts for itself, and nothing is shared.
Whoever asks needs the token of METRICS_TOKEN_FILE; without one there is no such page,
and the proxy lets nobody through to it. Like `/readyz` it is answered before any check
of host or TLS, because Prometheus asks from inside.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    exposition,
)

from servicedesk.core.operations.gauges import DatabaseCollector

ADDRESS: Final = "/metrics"
_BEARER: Final = "Bearer "
_SECONDS: Final = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 2, 5, 15)
_KNOWN_METHODS: Final = {"GET", "HEAD", "POST"}

registry = CollectorRegistry()
requests = Counter(
    "servicedesk_http_requests",
    "Answers, by the name of the address: never by the address itself.",
    ("view", "method", "status"),
    registry=registry,
)
seconds = Histogram(
    "servicedesk_http_request_seconds",
    "How long it took Django to answer.",
    ("view",),
    buckets=_SECONDS,
    registry=registry,
)
outages = Counter(
    "servicedesk_outages",
    "Requests that could not be answered because a server was away, by its name for it.",
    ("reason",),
    registry=registry,
)
Info("servicedesk", "The version of this code.", registry=registry).info(
    {"version": settings.VERSION}
)
for collector in (ProcessCollector, PlatformCollector, GCCollector):
    collector(registry=registry)
registry.register(DatabaseCollector())


class MetricsMiddleware:
    """Answer the one address, and count every other answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == ADDRESS:
            return _exposition(request)
        began = time.perf_counter()
        response = self.get_response(request)
        view = _view(request)
        method = request.method if request.method in _KNOWN_METHODS else "other"
        requests.labels(view, method, response.status_code).inc()
        seconds.labels(view).observe(time.perf_counter() - began)
        return response


def _view(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def _exposition(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        return _refused(HTTPStatus.NOT_FOUND)
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"{_BEARER}{settings.METRICS_TOKEN}"):
        response = _refused(HTTPStatus.UNAUTHORIZED)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if request.method not in {"GET", "HEAD"}:
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED)
    encode, kind = exposition.choose_encoder(request.headers.get("Accept", ""))
    response = HttpResponse(encode(registry), content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(status: HTTPStatus) -> HttpResponse:
    return HttpResponse(status=status, headers={"Cache-Control": "no-store"})
