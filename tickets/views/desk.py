"""The supervisor's page, and the lists behind its figures."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from servicedesk.core.access import require
from servicedesk.core.panels import panels_for
from servicedesk.staff.models import User
from servicedesk.staff.queries import channels_of
from tickets import permissions
from tickets.queries import desk as queries
from tickets.queries import follow_ups, queues, rows
from tickets.views.workspace import asks_for_a_part, staff

Figure = dict[str, Any]


def supervisor(request: HttpRequest) -> User:
    """Return the person if the desk is theirs to see; answers 404 if not."""
    user = staff(request)
    require(user, permissions.SUPERVISE)
    require(user, permissions.VIEW)
    return user


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Today's figures, who has what, and what is about to go wrong."""
    user, moment = supervisor(request), now()
    held = queries.loads(user, now=moment)
    calls = follow_ups.with_names(queries.calls_due(user)[: queries.SHOWN])
    context = {
        "live": " ".join(channels_of(user)),
        "figures": _figures(held, queries.today(user, now=moment)),
        "risks": queries.at_risk(user, now=moment),
        "breached": queries.breached(user, now=moment),
        "breached_url": _queue("late"),
        "follow_ups": follow_ups.rows_of(calls, user, now=moment),
        "follow_ups_url": reverse("tickets:follow-ups") + "?tab=team",
        "teams": _linked(queries.teams(user, held)),
        "panels": list(panels_for("tickets.desk", user)),
    }
    part = "tickets/_desk.html" if asks_for_a_part(request) else "tickets/desk.html"
    return render(request, part, context)


@login_required
@require_GET
def desk_list(request: HttpRequest, figure: str) -> HttpResponse:
    """List the tickets behind a figure, of one team or one person where asked."""
    user = supervisor(request)
    queue = queries.list_of(
        figure, team=_number(request, "team"), person=_number(request, "person")
    )
    if queue is None:
        raise Http404
    return show_list(request, user, queue)


def show_list(
    request: HttpRequest, user: User, queue: queues.Queue, explanation: str = ""
) -> HttpResponse:
    """Render the tickets of a queue as a page of its own, by cursor."""
    moment = now()
    # A cursor that was tampered with begins at the beginning.
    after = queues.read_cursor(queue, request.GET.get("after", ""))
    found = list(rows.with_names(queues.page_of(queue, user, after=after, now=moment)))
    more = len(found) > queues.PAGE
    found = found[: queues.PAGE]
    query = request.GET.dict() | {
        "after": queues.cursor_of(queue, found[-1]) if more else ""
    }
    query_before = {key: value for key, value in query.items() if key != "after"}
    first = f"{request.path}?{urlencode(query_before)}"
    context = {
        "title": queue.label,
        "explanation": explanation or queue.sort_label,
        "rows": rows.rows_of(found, reader=user, now=moment),
        "next_url": f"{request.path}?{urlencode(query)}" if more else "",
        "newer_url": first if after else "",
        "back_url": reverse("tickets:desk"),
    }
    return render(request, "tickets/behind.html", context)


def _figures(held: list[queries.Load], today: dict[str, int]) -> list[Figure]:
    late = sum(each.late for each in held)
    return [
        {
            "label": _("Received today"),
            "value": today["received"],
            "hint": _("came in since midnight"),
            "url": _list("received"),
        },
        {
            "label": _("Resolved today"),
            "value": today["resolved"],
            "hint": _("since midnight, and not reopened"),
            "url": _list("resolved"),
        },
        {
            "label": _("Open now"),
            "value": sum(each.open for each in held),
            "hint": _("neither resolved nor closed"),
            "url": _queue("team"),
        },
        {
            "label": _("Unassigned"),
            "value": sum(each.open for each in held if each.person is None),
            "hint": _("open, and nobody has it"),
            "url": _queue("open"),
        },
        {
            "label": pgettext("figure", "Breached now"),
            "value": late,
            "state": "bad" if late else "ok",
            "target": "0",
            "hint": _("open, and a due time has passed"),
            "url": _queue("late"),
        },
    ]


def _linked(teams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for team in teams:
        team["url"] = _list("open", team=team["id"])
        for member in team["rows"]:
            member["url"] = _list("open", team=team["id"], person=member["id"])
    return teams


def _list(figure: str, **query: int) -> str:
    address = reverse("tickets:desk-list", args=[figure])
    return f"{address}?{urlencode(query)}" if query else address


def _queue(key: str) -> str:
    return reverse("tickets:inbox") + f"?{urlencode({'queue': key})}"


def _number(request: HttpRequest, name: str) -> int | None:
    """Read a number of the address; nonsense finds nothing, and 404 says so."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len("2147483647")):
        raise Http404
    return int(text)
