"""The floor page F: what any Django page with 50 rows costs on this machine.

It stands behind the same session, login and middleware as the product's pages, asks
one indexed query, and renders a plain table whose template formats two times a row.
The product's pages are measured as multiples of it, because milliseconds of two
machines do not compare. Beside it stands a lean one, and one made of constants.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from servicedesk.staff.models import User
from tickets.models import Ticket, TicketStatus

ROWS = 50
TIME = "%Y-%m-%d %H:%M"


def my_open(user: Any) -> QuerySet[Ticket]:
    """Return my open queue, 50 rows, newest first: one index gives it in order."""
    mine = Ticket.objects.active().filter(assignee=user)
    return mine.order_by("-changed_at")[:ROWS]


@require_GET
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show F: 50 rows of one indexed query, as one writes such a page."""
    return _table(request, "bench/floor.html", my_open(request.user))


@require_GET
@login_required
def lean(request: HttpRequest) -> HttpResponse:
    """Show the same rows, put into words beforehand, so that the template only fills in."""
    zone = timezone.get_current_timezone()
    rows = [_row(ticket, zone) for ticket in my_open(request.user)]
    return _table(request, "bench/lean.html", rows)


@require_GET
@login_required
def constant(request: HttpRequest) -> HttpResponse:
    """Show the lean table from constants, without a query of its own."""
    return _table(request, "bench/lean.html", _CONSTANT)


def _row(ticket: Ticket, zone: dt.tzinfo) -> dict[str, str]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": str(TicketStatus(ticket.status).label),
        # Formatted once and in Python: a template's date filter costs ten times that.
        "created": ticket.created_at.astimezone(zone).strftime(TIME),
        "changed": ticket.changed_at.astimezone(zone).strftime(TIME),
    }


def _table(request: HttpRequest, template: str, rows: Iterable[Any]) -> HttpResponse:
    user: User = request.user
    context = {"rows": rows, "name": str(user), "csrf_token": get_token(request)}
    return HttpResponse(render_to_string(template, context))


_CONSTANT = [
    {
        "number": f"SD-2026-{number:06d}",
        "subject": "收到的耳机没有声音",
        "status": "处理中",
        "created": "2026-03-02 09:00",
        "changed": "2026-03-02 10:30",
    }
    for number in range(ROWS)
]
