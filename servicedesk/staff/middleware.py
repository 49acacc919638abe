"""Serve each page as its reader wants it, and end sessions that went on too long."""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, resolve_url
from django.urls import get_callable, reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.views import keys_missing
from servicedesk.staff.actions import presence
from servicedesk.staff.adapters.second_factor import FactorUnreadableError
from servicedesk.staff.clearance import guards_page
from servicedesk.staff.models import User
from servicedesk.staff.queries import missing, withheld
from servicedesk.staff.queries.second_factor import must_set_up

BEGAN: Final = "began_at"
ACTIVE: Final = "active_at"
SEEN: Final = "seen_at"
ENDED: Final = "ended_because"
# What a page asks for by itself keeps a person present, but is no act of theirs.
BACKGROUND_HEADER: Final = "X-Background"
LIVE_PATH: Final = "/live/"
WRITTEN_EVERY: Final = 60
FORBIDDEN: Final = 403
# By name, as the pages for errors are: views stand above what receivers need of this.
NOT_CLEARED: Final = "servicedesk.staff.views.clearance.not_cleared"

OWN_PASSWORD: Final = "account_change_password"  # noqa: S105  # the name of a page
SECOND_FACTOR: Final = "mfa_index"
# What somebody needs who has to see to one of them: prove who they are, do it, choose
# the language, and leave.
_TO_SET_UP: Final = (
    "/accounts/2fa/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/i18n/",
    "/profile/language/",
    "/profile/theme/",
)


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
        # Said to the frame of every page as well, which has no clock.
        request.set_up_first = _first(reader, now)  # type: ignore[attr-defined]
        with timezone.override(_zone(reader)):
            response = self.get_response(request)
        if SESSION_KEY not in request.session:
            # Signed out just now: what scripts of ours kept in the browser goes too.
            response["Clear-Site-Data"] = '"storage"'
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return _login_for_the_whole_page(request, response)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> HttpResponse | None:
        """Answer in place of a page to whoever has to see to something before.

        To whoever has a password that somebody else chose, or lacks a second factor
        that is demanded, in place of every page; to whoever is not cleared, of a page of customer data. To others who may not see
        it the page itself says what it says to everybody.
        """
        del view, args, kwargs
        if not request.user.is_authenticated:
            return None
        if set_up_first(request):
            own = request.path_info.startswith(_TO_SET_UP)
            return None if own else _set_up(request)
        if not missing(request.user):
            return None
        match = request.resolver_match
        if match is None or not withheld(request.user) or not guards_page(match):
            return None
        return cast("HttpResponse", get_callable(NOT_CLEARED)(request))

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Say on the profile that a second factor is unreadable, where no form does.

        Where something new had to be sealed without a key, say that instead.
        """
        if isinstance(exception, KeyMissing):
            return keys_missing()
        if not isinstance(exception, FactorUnreadableError):
            return None
        messages.error(request, exception.messages[0])
        return redirect("staff:profile")


def set_up_first(request: HttpRequest) -> str:
    """Return the name of the page that the reader has to see to before all others."""
    return str(getattr(request, "set_up_first", ""))


def _first(reader: User, now: dt.datetime) -> str:
    if reader.password_given_at is not None:
        return OWN_PASSWORD
    return SECOND_FACTOR if must_set_up(reader, now=now) else ""


def _set_up(request: HttpRequest) -> HttpResponse:
    """Lead to the page that is to be seen to; scripts get no page in its place."""
    address = reverse(set_up_first(request))
    asked_for_a_part = request.headers.get("HX-Request") == "true"
    if asked_for_a_part or request.path_info.startswith(LIVE_PATH):
        return HttpResponse(status=FORBIDDEN, headers={"HX-Redirect": address})
    return redirect(address)


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
    # An act leads to a page, which has the time to write.
    every = WRITTEN_EVERY if request.method in {"GET", "HEAD"} else 5 * WRITTEN_EVERY
    if acted and moment - int(session.get(ACTIVE, 0)) >= every:
        session[ACTIVE] = moment
    if moment - int(session.get(SEEN, 0)) >= every:
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
