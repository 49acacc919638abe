"""Serve each page as its reader wants it, and end sessions that went on too long."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from servicedesk.staff.actions import presence
from servicedesk.staff.adapters.second_factor import FactorUnreadableError
from servicedesk.staff.models import User

BEGAN: Final = "began_at"
ACTIVE: Final = "active_at"
SEEN: Final = "seen_at"
ENDED: Final = "ended_because"
# What a page asks for by itself keeps a person present, but is no act of theirs.
BACKGROUND_HEADER: Final = "X-Background"
LIVE_PATH: Final = "/live/"
WRITTEN_EVERY: Final = 60


class ReaderMiddleware:
    """Language, time zone and the life of the session of the person who reads.

    It stands after AuthenticationMiddleware and asks nothing of the database that
    was not asked already; once a minute it writes down that the person was seen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        _end_what_is_over(request, now)
        if not request.user.is_authenticated:
            return _login_for_the_whole_page(request, self.get_response(request))
        reader = request.user
        translation.activate(reader.language)
        request.LANGUAGE_CODE = translation.get_language()
        _write_down(request, reader, now)
        with timezone.override(_zone(reader)):
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return _login_for_the_whole_page(request, response)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Say on the profile that a second factor is unreadable, where no form does."""
        if not isinstance(exception, FactorUnreadableError):
            return None
        messages.error(request, exception.messages[0])
        return redirect("staff:profile")


def _end_what_is_over(request: HttpRequest, now: dt.datetime) -> None:
    session = request.session
    if not request.user.is_authenticated:
        if SESSION_KEY in session:
            # The account was closed, or its password changed elsewhere.
            session.flush()
        return
    moment = int(now.timestamp())
    idle = moment - int(session.get(ACTIVE, moment))
    age = moment - int(session.get(BEGAN, moment))
    if idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_COOKIE_AGE:
        logout(request)
        request.session[ENDED] = "age" if age > settings.SESSION_COOKIE_AGE else "idle"


def _write_down(request: HttpRequest, reader: User, now: dt.datetime) -> None:
    session = request.session
    moment = int(now.timestamp())
    session.setdefault(BEGAN, moment)
    acted = not (
        BACKGROUND_HEADER in request.headers or request.path.startswith(LIVE_PATH)
    )
    if acted and moment - int(session.get(ACTIVE, 0)) >= WRITTEN_EVERY:
        session[ACTIVE] = moment
    if moment - int(session.get(SEEN, 0)) >= WRITTEN_EVERY:
        session[SEEN] = moment
        presence.touch(user=reader, now=now)


def _zone(reader: User) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(reader.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()


def _login_for_the_whole_page(
    request: HttpRequest, response: HttpResponse
) -> HttpResponse:
    """Turn a part's redirect to the login page into one of the page around it."""
    login_url = resolve_url(settings.LOGIN_URL)
    asked_for_a_part = request.headers.get("HX-Request") == "true"
    if not asked_for_a_part or not isinstance(response, HttpResponseRedirect):
        return response
    if response.url.partition("?")[0] != login_url:
        return response
    query = QueryDict(mutable=True)
    query["next"] = HtmxDetails(request).current_url_abs_path or "/"
    return HttpResponseClientRedirect(f"{login_url}?{query.urlencode(safe='/')}")
