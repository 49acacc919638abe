"""Today's quality: a panel of the supervisor's page, and a page of its own."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from quality import queries
from tickets.models import ClockTarget
from tickets.views.desk import show_list, supervisor
from tickets.views.workspace import asks_for_a_part

MINUTE, HOUR, DAY = 60, 3600, 86400
# Below ten, tenths matter: the target of a chat is three seconds.
_TENTHS_BELOW = 10
GOOD, FAIR = 0.9, 0.75
NOTHING = "–"


@login_required
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """First response, resolution, follow-ups and reopenings of today."""
    user, moment = supervisor(request), now()
    first = queries.answers(user, ClockTarget.FIRST_RESPONSE, now=moment)
    channels = queries.answers_by_channel(user, ClockTarget.FIRST_RESPONSE, now=moment)
    figures = [
        _first_response(first),
        _resolution(queries.answers(user, ClockTarget.RESOLUTION, now=moment)),
        _follow_ups(queries.follow_ups(user, now=moment)),
        _reopened(queries.reopened(user, now=moment)),
    ]
    context = {
        "figures": figures,
        "channels": [
            {"channel": one.value, "label": one.label, **_row(found)}
            for one, found in channels.items()
        ],
    }
    part = "quality/_today.html" if asks_for_a_part(request) else "quality/today.html"
    return render(request, part, context)


@login_required
@require_GET
def today_list(request: HttpRequest, figure: str) -> HttpResponse:
    """List the tickets behind a figure."""
    user = supervisor(request)
    queue = queries.list_of(figure)
    if queue is None:
        raise Http404
    return show_list(request, user, queue)


def _first_response(found: queries.Answers) -> dict[str, Any]:
    return {
        "label": _("First response, median"),
        "value": span(found.median),
        "state": _state(found.share),
        "hint": _share_hint(found)
        or _("open time from the request to a person's first answer; none yet today"),
        "url": _behind("first-response"),
    }


def _resolution(found: queries.Answers) -> dict[str, Any]:
    return {
        "label": _("Resolution, median"),
        "value": span(found.median),
        "state": _state(found.share),
        "hint": _share_hint(found)
        or _("open time from the request to its resolution; none yet today"),
        "url": _behind("resolution"),
    }


def _follow_ups(found: queries.FollowUps) -> dict[str, Any]:
    state = "bad" if found.missed else "ok" if found.due else ""
    return {
        "label": _("Follow-ups kept within 48 h"),
        "value": f"{found.kept} / {found.due}",
        "state": state,
        "hint": _("kept ÷ due today; %(open)s still to come, %(missed)s missed")
        % {"open": found.open, "missed": found.missed},
        "url": _behind("follow-ups"),
    }


def _reopened(number: int) -> dict[str, Any]:
    return {
        "label": _("Reopened today"),
        "value": number,
        "state": "",
        "hint": _("resolved or closed before, and open again"),
        "url": _behind("reopened"),
    }


def _share_hint(found: queries.Answers) -> str:
    """Say how many were within target, of how many, and the slow end."""
    if not found.count:
        return ""
    return _("%(share)s within target, of %(count)s; 90 %% within %(tail)s") % {
        "share": percent(found),
        "count": found.count,
        "tail": span(found.tail),
    }


def _row(found: queries.Answers) -> dict[str, Any]:
    return {
        "count": found.count,
        "median": span(found.median),
        "tail": span(found.tail),
        "share": percent(found),
        "state": _state(found.share),
    }


def _state(share: float | None) -> str:
    if share is None:
        return ""
    if share >= GOOD:
        return "ok"
    return "warn" if share >= FAIR else "bad"


def _behind(figure: str) -> str:
    return reverse("quality:today-list", args=[figure])


def percent(found: queries.Answers) -> str:
    """Write met ÷ count in whole per cent, rounded down: 99.6 % is not all of them."""
    return f"{found.met * 100 // found.count} %" if found.count else NOTHING


def span(seconds: float | None) -> str:
    """Write a span of time in the two greatest units that matter."""
    if seconds is None:
        return NOTHING
    if seconds < _TENTHS_BELOW:
        return pgettext("span", "%(seconds).1f s") % {"seconds": seconds}
    whole = round(seconds)
    if whole < MINUTE:
        return pgettext("span", "%(seconds)d s") % {"seconds": whole}
    if whole < HOUR:
        parts = {"minutes": whole // MINUTE, "seconds": whole % MINUTE}
        return pgettext("span", "%(minutes)d min %(seconds)d s") % parts
    if whole < DAY:
        parts = {"hours": whole // HOUR, "minutes": whole % HOUR // MINUTE}
        return pgettext("span", "%(hours)d h %(minutes)d min") % parts
    parts = {"days": whole // DAY, "hours": whole % DAY // HOUR}
    return pgettext("span", "%(days)d d %(hours)d h") % parts
