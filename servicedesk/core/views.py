"""The pages for when something is wrong; none of them needs the database."""

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

_log = logging.getLogger(__name__)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    del exception
    return _page(400)


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


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer 500, in words even if the template is what broke."""
    try:
        return _page(500)
    except Exception:  # noqa: BLE001 - whatever it was: the reader still gets a sentence
        _log.exception("The page for errors could not be shown")
        return HttpResponse(
            "出了点问题，请稍后再试。 Something went wrong. Please try again.",
            content_type="text/plain; charset=utf-8",
            status=500,
        )


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form from a page that is too old, and say what to do."""
    _log.info("Form refused: %s", reason)
    return _page(403, "403_csrf.html")


def _page(status: int, template: str = "") -> HttpResponse:
    # Without the request there are no context processors: no user, no query, and the
    # notices that wait for the reader are kept for the next real page.
    body = render_to_string(template or f"{status}.html")
    return HttpResponse(body, status=status)
