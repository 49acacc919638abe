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

from servicedesk.audit.actions import record_view
from servicedesk.core.access import fetch, may, require
from servicedesk.core.notifications.notify import mark_read
from servicedesk.staff.middleware import BACKGROUND_HEADER
from servicedesk.staff.models import User
from servicedesk.staff.queries import channels_of, may_be_unread, note_read
from tickets import permissions
from tickets.forms.compose import NoteForm, ReplyForm
from tickets.models import MessageKind, Ticket
from tickets.queries import page, queues, rows

LIST = "list"
"""The id of the part that holds the list, as a script names what it replaces."""


def staff(request: HttpRequest) -> User:
    """Return the person who is logged in."""
    return cast("User", request.user)


def one_ticket(request: HttpRequest, number: str, act: str | None = None) -> Ticket:
    """Fetch a ticket by number: 404 unless visible, 403 unless `act` is permitted.

    Sight alone (of a ticket that one handed over) permits reading and notes.
    """
    found = Ticket.objects.select_related("customer", "team", "assignee", "category")
    ticket = fetch(found, staff(request), act=act, number=number)
    if act not in {None, permissions.NOTE} and not ticket.worked_by(staff(request)):
        raise PermissionDenied
    return ticket


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the list alone: nothing is open."""
    require(staff(request), permissions.VIEW)
    part = asks_for_a_part(request)
    page = "tickets/_part.html" if part else "tickets/inbox.html"
    return render(request, page, frame(request, now()))


@login_required
@require_GET
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """One ticket in its workspace; to a script only the parts that it puts in place."""
    found = one_ticket(request, number)
    refresh = BACKGROUND_HEADER in request.headers
    record_view(instance=found, by=staff(request), now=now(), refresh=refresh)
    if not refresh:
        _know_what_waited(staff(request), found, now())
    if asks_for_a_part(request) and request.headers.get("HX-Target") == LIST:
        context = frame(request, now(), found) | {"ticket": found}
        return render(request, "tickets/_part.html", context)
    return show(request, found)


def _know_what_waited(user: User, ticket: Ticket, moment: dt.datetime) -> None:
    """Mark what told of this ticket as read; without a query where nothing did."""
    if may_be_unread(user, ticket.number) and mark_read(
        user=user, ref=ticket.number, now=moment
    ):
        note_read(user, ticket.number)


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
    part = asks_for_a_part(request)
    context = {
        **(_views(request, user, moment) if part else frame(request, moment, ticket)),
        "conversation": True,
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
    template = "tickets/_part.html" if part else "tickets/inbox.html"
    return render(request, template, context, status=status)


def asks_for_a_part(request: HttpRequest) -> bool:
    """Tell whether a script asked, for itself and not for the browser's history."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


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
    return {
        "ticket": None,
        **_views(request, user, moment),
        "list": _list(request, user, queue, moment, ticket),
        "take_next_url": reverse("tickets:take-next")
        if may(user, permissions.TAKE)
        else "",
        "take_next_key": page.new_key(),
        "new_url": reverse("tickets:new") if may(user, permissions.CREATE) else "",
        "filters": [],
    }


def _views(request: HttpRequest, user: User, moment: dt.datetime) -> dict[str, Any]:
    current = queues.queue_of(request.GET.get("queue", ""))
    counted = queues.counts(user, now=moment)
    inbox = reverse("tickets:inbox")
    return {
        "views": [_queue_link(each, inbox, current, counted) for each in queues.QUEUES]
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
            found,
            reader=user,
            now=moment,
            query=query,
            selected=ticket.number if ticket else "",
        ),
        "next_url": f"{base}&{urlencode({'after': following})}" if more else "",
        "newer_url": base if after else "",
        "sort_label": queue.sort_label,
        "empty": _empty(queue),
        "url": request.get_full_path(),
        "live": " ".join(channels_of(user)),
    }


def _queue_link(
    queue: queues.Queue, inbox: str, current: queues.Queue, counted: dict[str, str]
) -> dict[str, Any]:
    return {
        "key": queue.key,
        "label": queue.label,
        "url": f"{inbox}?{urlencode({'queue': queue.key})}",
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
