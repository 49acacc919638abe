"""The pages for when something is wrong; none of them needs the database."""

import datetime as dt
import logging
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

from servicedesk.core.operations.metrics import outages
from servicedesk.core.operations.request_ids import request_id
from servicedesk.core.outage import reason_of

RETRY_AFTER = 5
# Where people may ask for help; of 404 every answer is the same.
_GIVEN_A_NUMBER = {400, 500, 503}
_SORRY = {
    500: "出了点问题，请稍后再试。 Something went wrong. Please try again.",
    503: (
        "系统暂时无法处理，请稍后刷新本页。 "
        "The desk cannot answer right now. Please reload this page in a moment."
    ),
}
_log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400; or 503 where the session could not be written for the moment."""
    reason = reason_of(exception)
    return unavailable(request, reason=reason) if reason else _page(400)


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403: the reader may see it, but not do it."""
    del exception
    return _page(403)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: it is not there, or not for this reader; which one is not told."""
    del exception
    return _page(404)


def too_many(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 429: too many tries in a short time."""
    del exception
    response = _page(429)
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, in words even if the template is what broke.

    Where the database (or the disk) is only away for a moment the answer is 503, and
    says what to do: Django calls this while the exception is being dealt with.
    """
    reason = reason_of(sys.exc_info()[1])
    if reason:
        return unavailable(request, reason=reason)
    return _in_words(500)


def keys_missing() -> HttpResponse:
    """Answer 503: something had to be sealed, and there is no key to do it with."""
    _log.error("A page had to seal a value, and the keys are missing.")
    return _page(503, "503_keys.html")


def unavailable(request: HttpRequest, *, reason: str) -> HttpResponse:
    """Answer 503, in both languages, and when to try again."""
    # One line for each: an outage is no mistake, and needs no trace of the code.
    _log.error("Not answered for the moment: %s", reason)
    outages.labels(reason).inc()
    now = get_language()
    others = [code for code, _name in settings.LANGUAGES if code != now]
    sent = request.method not in {"GET", "HEAD"}
    response = _in_words(503, {"languages": [now, *others], "sent": sent})
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def closed(
    request: HttpRequest,
    *,
    words: Callable[[str], str],
    until: dt.datetime | None,
    retry_after: int,
) -> HttpResponse:
    """Answer 503 while the desk is closed for maintenance, in both languages."""
    now = get_language() or settings.LANGUAGE_CODE
    others = [code for code, _name in settings.LANGUAGES if code != now]
    context = {
        "said": [(code, words(code)) for code in (now, *others)],
        "until": until,
        "sent": request.method not in {"GET", "HEAD"},
    }
    response = _page(503, "503_maintenance.html", context)
    response["Retry-After"] = str(retry_after)
    response["Cache-Control"] = "no-store"
    # It is meant to be so: nothing for the log of errors.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form from a page that is too old, and say what to do."""
    _log.info("Form refused: %s", reason)
    return _page(403, "403_csrf.html")


def _in_words(status: int, context: dict[str, Any] | None = None) -> HttpResponse:
    try:
        return _page(status, context=context)
    except Exception:  # noqa: BLE001 - whatever it was: the reader still gets a sentence
        _log.exception("The page for errors could not be shown")
        return HttpResponse(
            _SORRY[status], content_type="text/plain; charset=utf-8", status=status
        )


def _page(
    status: int, template: str = "", context: dict[str, Any] | None = None
) -> HttpResponse:
    # Without the request there are no context processors: no user, no query, and the
    # notices that wait for the reader are kept for the next real page.
    told = {"reference": request_id() if status in _GIVEN_A_NUMBER else ""}
    body = render_to_string(template or f"{status}.html", told | (context or {}))
    return HttpResponse(body, status=status)
