"""The workspace: queues, the list, the conversation, the customer beside it."""

import datetime as dt
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servicedesk.core.access import fetch, may, require
from servicedesk.staff.models import User
from servicedesk.staff.queries import channels_of
from tickets import permissions
from tickets.forms.compose import NoteForm, ReplyForm
from tickets.models import MessageKind, Ticket
from tickets.queries import page, queues, rows


def staff(request: HttpRequest) -> User:
    """Return the person who is logged in."""
    return cast("User", request.user)


def one_ticket(request: HttpRequest, number: str, act: str | None = None) -> Ticket:
    """Fetch a ticket by number: 404 unless visible, 403 unless `act` is permitted.

    Sight alone (of a ticket that one handed over) permits reading and notes.
    """
    found = Ticket.objects.select_related(
        "customer", "team", "assignee", "category", "service_level"
    )
    ticket = fetch(found, staff(request), act=act, number=number)
    if act not in {None, permissions.NOTE} and not ticket.worked_by(staff(request)):
        raise PermissionDenied
    return ticket


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the list alone: nothing is open."""
    require(staff(request), permissions.VIEW)
    return render(request, "tickets/inbox.html", frame(request, now()))


@login_required
@require_GET
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """One ticket in its workspace."""
    return show(request, one_ticket(request, number))


def show(  # each form may come back with errors
    request: HttpRequest,
    ticket: Ticket,
    *,
    status: int = 200,
    reply_form: ReplyForm | None = None,
    note_form: NoteForm | None = None,
) -> HttpResponse:
    """Render the page of a ticket, with a form that was refused if there is one."""
    user, moment = staff(request), now()
    query = kept_query(request)
    written = page.drafts(ticket, user)
    context = frame(request, moment, ticket)
    context |= {
        "ticket": page.ticket_page(ticket, user, query=query, now=moment),
        "customer": page.customer_card(ticket, user),
        "recent": page.recent_tickets(ticket, user),
        "facts": page.facts(ticket),
        "reply_form": reply_form
        or ReplyForm(initial=_begin(ticket, written, MessageKind.OUTBOUND)),
        "note_form": note_form
        or NoteForm(initial=_begin(ticket, written, MessageKind.NOTE)),
    }
    request.live_channels = [f"ticket:{ticket.pk}"]  # type: ignore[attr-defined]
    return render(request, "tickets/inbox.html", context, status=status)


def kept_query(request: HttpRequest) -> str:
    """Return the part of the address that says which queue stands beside."""
    key = request.GET.get("queue", "")
    return f"?{urlencode({'queue': key})}" if key else ""


def frame(
    request: HttpRequest, moment: dt.datetime, ticket: Ticket | None = None
) -> dict[str, Any]:
    """Return what the queues and the list show."""
    user = staff(request)
    queue = queues.queue_of(request.GET.get("queue", ""))
    counted = queues.counts(user, now=moment)
    return {
        "ticket": None,
        "views": [_queue_link(each, queue, counted) for each in queues.QUEUES],
        "list": _list(request, user, queue, moment, ticket),
        "take_next_url": reverse("tickets:take-next")
        if may(user, permissions.TAKE)
        else "",
        "new_url": reverse("tickets:new") if may(user, permissions.CREATE) else "",
        "filters": [],
    }


def _list(
    request: HttpRequest,
    user: User,
    queue: queues.Queue,
    moment: dt.datetime,
    ticket: Ticket | None,
) -> dict[str, Any]:
    query = f"?{urlencode({'queue': queue.key})}"
    cursor = request.GET.get("after", "")
    # A cursor that was tampered with begins at the beginning.
    after = queues.read_cursor(queue, cursor)
    page_rows = queues.page_of(queue, user, after=after, now=moment)
    found = list(rows.with_names(page_rows))
    more = len(found) > queues.PAGE
    found = found[: queues.PAGE]
    base = reverse("tickets:inbox") + query
    following = queues.cursor_of(queue, found[-1]) if more else ""
    return {
        "title": queue.label,
        "rows": rows.rows_of(
            found, now=moment, query=query, selected=ticket.number if ticket else ""
        ),
        "next_url": f"{base}&{urlencode({'after': following})}" if more else "",
        "newer_url": base if after else "",
        "sort_label": queue.sort_label,
        "empty": _empty(queue),
        "url": request.get_full_path(),
        "live": " ".join(channels_of(user)),
    }


def _queue_link(
    queue: queues.Queue, current: queues.Queue, counted: dict[str, str]
) -> dict[str, Any]:
    return {
        "key": queue.key,
        "label": queue.label,
        "url": reverse("tickets:inbox") + f"?{urlencode({'queue': queue.key})}",
        "count": counted.get(queue.key, ""),
        "current": queue.key == current.key,
        "icon": queue.icon,
    }


def _empty(queue: queues.Queue) -> dict[str, str]:
    if queue.key == "mine":
        return {
            "title": _("Nothing is yours right now"),
            "text": _("Take the next ticket, or choose one from the unassigned."),
            "action_url": reverse("tickets:inbox") + "?queue=open",
            "action_label": _("Show the unassigned"),
        }
    return {
        "title": _("Nothing here"),
        "text": _("Tickets of your teams that belong here appear by themselves."),
        "action_url": "",
        "action_label": "",
    }


def _begin(
    ticket: Ticket, written: dict[str, str], kind: MessageKind
) -> dict[str, Any]:
    return {
        "body": written.get(kind, ""),
        "client_key": page.new_key(),
        "seen_seq": ticket.message_count,
    }
