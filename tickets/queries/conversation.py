"""A conversation as its page shows it: messages and events in one thread."""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from django.template.defaultfilters import filesizeformat, linebreaksbr
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from servicedesk.core.clocks import chip
from tickets.models import (
    Attachment,
    ClockState,
    ClockTarget,
    EventKind,
    FollowUpStage,
    Letter,
    LetterState,
    Message,
    MessageKind,
    ServiceClock,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from tickets.queries.events import Names, sentence
from tickets.queries.rows import Mark

NEWEST = 200
"""So many messages and as many events a page shows; older ones are behind a link."""
FileAddress = Callable[[Attachment], str]


def body_html(text: str) -> SafeString:
    """Escape a plain text, keep its lines, and make its addresses links."""
    linked = urlize(text, nofollow=True, autoescape=True)
    return mark_safe(linebreaksbr(mark_safe(linked), autoescape=False))  # noqa: S308  # urlize escaped it


def entries(
    ticket: Ticket, file_address: FileAddress, retry_address: Callable[[Letter], str]
) -> list[dict[str, Any]]:
    """Return messages and events, oldest first, as the staff sees them."""
    messages = _messages(ticket, internal=True)
    newest = ticket.events.select_related("by").order_by("-at", "-id")
    events = list(newest[:NEWEST])[::-1]
    names = Names(events)
    letters = _letters(messages)
    thread = [
        _message(each, file_address, letters.get(each.pk), retry_address)
        for each in messages
    ]
    thread += [
        {
            "type": "event",
            "text": sentence(each, names),
            "at": each.at,
            "author": str(each.by) if each.by else "",
        }
        for each in events
        if each.kind != EventKind.CREATED
    ]
    return sorted(thread, key=lambda each: each["at"])


def public_entries(ticket: Ticket, file_address: FileAddress) -> list[dict[str, Any]]:
    """Return what the customer may read: no note, no colleague's full story."""
    messages = _messages(ticket, internal=False)
    thread = [_public(_message(each, file_address, None, None)) for each in messages]
    kinds = {
        EventKind.RESOLVED: _("We think this is solved."),
        EventKind.REOPENED: _("The request is open again."),
        EventKind.CLOSED: _("The request is closed."),
    }
    for event in _standing(ticket, kinds):
        text = str(kinds[EventKind(event.kind)])
        thread.append({"type": "event", "text": text, "at": event.at, "author": ""})
    return sorted(thread, key=lambda each: each["at"])


def _standing(ticket: Ticket, kinds: Collection[EventKind]) -> list[TicketEvent]:
    """Return the events of these kinds but for resolutions that were taken back."""
    standing: list[TicketEvent] = []
    newest = ticket.events.filter(kind__in=[*kinds, EventKind.UNDONE]).order_by("-id")
    for event in reversed(newest[:NEWEST]):
        if event.kind != EventKind.UNDONE:
            standing.append(event)
        elif event.before == TicketStatus.RESOLVED and standing:
            standing.pop()
    return standing


def clock_marks(ticket: Ticket, now: dt.datetime) -> list[dict[str, Any]]:
    """Return a chip for the newest clock of each target."""
    newest: dict[str, ServiceClock] = {}
    for clock in ticket.clocks.exclude(state=ClockState.CANCELLED).order_by("id"):
        newest[clock.target] = clock
    return [_clock_mark(clock, now).__dict__ for clock in newest.values()]


def stages(ticket: Ticket) -> list[dict[str, str]]:
    """Return the service process as stages that everyone can see (W2)."""
    reached = _reached(ticket)
    labels = (
        pgettext("stage", "Consultation"),
        pgettext("stage", "Dispatch"),
        pgettext("stage", "Record"),
        pgettext("stage", "Feedback"),
        pgettext("stage", "Evaluation"),
        pgettext("stage", "Tracking"),
    )
    return [
        {"label": label, "state": _stage_state(place, reached)}
        for place, label in enumerate(labels)
    ]


def _reached(ticket: Ticket) -> int:
    if ticket.status == TicketStatus.CLOSED:
        return 6
    if ticket.status == TicketStatus.RESOLVED:
        owed = ticket.follow_ups.owed().exclude(stage=FollowUpStage.SCHEDULED).exists()
        return 5 if owed else 4
    if ticket.first_response_at is not None:
        return 3
    return 2 if ticket.assignee_id else 1


def _stage_state(place: int, reached: int) -> str:
    if place < reached:
        return "done"
    return "current" if place == reached else "next"


def _clock_mark(clock: ServiceClock, now: dt.datetime) -> Mark:
    ended = {ClockState.MET: "met", ClockState.BREACHED: "breached"}
    state = ended.get(ClockState(clock.state)) or chip(
        clock.due_at,
        clock.seconds,
        now,
        "paused" if clock.state == ClockState.PAUSED else "running",
        warns=clock.warn_at,
    )
    due = clock.due_at if clock.stopped_at is None else None
    return Mark(state, due, _clock_label(clock, state))


def _clock_label(clock: ServiceClock, state: str) -> str:
    label = str(ClockTarget(clock.target).label)
    if clock.stopped_at is not None or state == "paused":
        return f"{label} · {ClockState(clock.state).label}"
    return label


def _messages(ticket: Ticket, *, internal: bool) -> list[Message]:
    found = ticket.messages.select_related("author").prefetch_related("attachments")
    if not internal:
        found = found.exclude(kind=MessageKind.NOTE)
    return list(found.order_by("-seq")[:NEWEST])[::-1]


def _letters(messages: list[Message]) -> dict[object, Letter]:
    found = Letter.objects.filter(message__in=messages).order_by("id")
    return {letter.message_id: letter for letter in found}


def _message(
    message: Message,
    file_address: FileAddress,
    letter: Letter | None,
    retry_address: Callable[[Letter], str] | None,
) -> dict[str, Any]:
    author = str(message.author) if message.author else _("Customer")
    outbound = letter is not None and message.kind == MessageKind.OUTBOUND
    delivery = _delivery(letter) if outbound and letter else ("", "")
    failed = letter is not None and letter.state in {
        LetterState.FAILED,
        LetterState.UNSURE,
    }
    return {
        "type": "message",
        "id": message.pk,
        "seq": message.seq,
        "kind": message.kind,
        "author": author,
        "initials": message.author.initials if message.author else "",
        "at": message.created_at,
        "html": body_html(message.body),
        "attachments": [
            {
                "name": each.name,
                "size_text": filesizeformat(each.size),
                "url": file_address(each),
            }
            for each in message.attachments.all()
        ],
        "delivery": delivery[0],
        "delivery_label": delivery[1],
        "retry_url": retry_address(letter)
        if failed and retry_address and letter
        else "",
    }


def _public(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["kind"] == MessageKind.INBOUND:
        entry["author"] = _("You")
    return entry


def _delivery(letter: Letter) -> tuple[str, str]:
    words = {
        LetterState.DUE: ("sending", _("E-mail waits to be sent")),
        LetterState.SENDING: ("sending", _("E-mail is being sent")),
        LetterState.SENT: ("sent", _("E-mail sent")),
        LetterState.FAILED: ("failed", _("E-mail could not be sent")),
        LetterState.UNSURE: (
            "possibly_sent",
            _("E-mail possibly sent: check before repeating"),
        ),
        LetterState.CANCELLED: ("", ""),
    }
    return words[LetterState(letter.state)]
