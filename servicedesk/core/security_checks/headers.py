"""What stands above our pages: asked of this process, in the way a browser asks.

Not over the network: that would say more (the proxy adds and takes away), but a worker
often cannot reach the public address. `tests/production` asks through the real proxy.
"""

import datetime as dt
import io
import urllib.parse
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from servicedesk.core.models import Level
from servicedesk.core.security_checks.configuration import is_local
from servicedesk.core.security_checks.registry import Found, Said

YEAR: Final = 31_536_000
WANTED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_POLICY: Final = ("default-src 'none'", "object-src 'none'", "base-uri 'none'",
                  "frame-ancestors 'none'")  # fmt: skip

SAID: Final = {
    "missing": Said(
        _("Pages come without a header that guards the browser: %(names)s."),
        _("Look for what was changed in settings or middleware."),
    ),
    "no_answer": Said(
        _("The login page gave no proper answer (%(status)s)."),
        _("Look into the log of the worker."),
    ),
}


def look(_now: dt.datetime) -> Iterator[Found]:
    """Ask for the page that everybody meets first, and read what stands above it."""
    response = _ask(urllib.parse.urlsplit(settings.BASE_URL).hostname or "localhost")
    if response.status_code != 200:  # noqa: PLR2004
        yield Found(Level.UNCHECKED, "no_answer", 1, {"status": response.status_code})
        return
    missing = [name for name, value in WANTED.items() if response.get(name) != value]
    policy = response.get("Content-Security-Policy", "")
    if any(part not in policy for part in _POLICY) or "unsafe" in policy:
        missing.append("Content-Security-Policy")
    if not is_local() and not _strict(response.get("Strict-Transport-Security", "")):
        missing.append("Strict-Transport-Security")
    if "no-store" not in response.get("Cache-Control", ""):
        missing.append("Cache-Control")
    if missing:
        yield Found(Level.BAD, "missing", len(missing), {"names": missing})


def _ask(host: str) -> HttpResponseBase:
    handler = BaseHandler()
    handler.load_middleware()
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": resolve_url(settings.LOGIN_URL),
            "SERVER_NAME": host,
            "SERVER_PORT": "80" if is_local() else "443",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http" if is_local() else "https",
            "wsgi.input": io.BytesIO(),
        }
    )
    language = translation.get_language()
    try:
        # Without the signals of a real request: those would close our connection.
        return handler.get_response(request)
    finally:
        translation.activate(language or settings.LANGUAGE_CODE)


def _strict(header: str) -> bool:
    age = header.partition("max-age=")[2].partition(";")[0]
    return age.isdecimal() and int(age) >= YEAR and "includeSubDomains" in header
