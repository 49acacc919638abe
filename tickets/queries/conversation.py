"""A conversation as its page shows it: messages and events in one thread."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.template.defaultfilters import filesizeformat, linebreaksbr
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from servicedesk.core.clocks import chip
from tickets.models import (
    ClockState,
    ClockTarget,
    EventKind,
    FollowUpStage,
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


class File(NamedTuple):
    """An attachment as a page shows it."""

    pk: uuid.UUID
    name: str
    size: int


class Sent(NamedTuple):
    """The newest letter that carried a message."""

    pk: uuid.UUID
    state: LetterState


@dataclass
class Belongings:
    """What hangs on the messages of a page, by message."""

    files: dict[uuid.UUID, list[File]] = field(default_factory=dict)
    letters: dict[uuid.UUID, Sent] = field(default_factory=dict)


FileAddress = Callable[[File], str]
RetryAddress = Callable[[Sent], str]
_BELONGINGS = """
SELECT message_id, id, name, size FROM tickets_attachment WHERE message_id = ANY(%(keys)s)
UNION ALL
SELECT message_id, id, state, NULL FROM tickets_letter WHERE message_id = ANY(%(keys)s)
ORDER BY id
"""


def body_html(text: str) -> SafeString:
    """Escape a plain text, keep its lines, and make its addresses links."""
    linked = urlize(text, nofollow=True, autoescape=True)
    return mark_safe(linebreaksbr(mark_safe(linked), autoescape=False))  # noqa: S308  # urlize escaped it


def entries(
    ticket: Ticket, file_address: FileAddress, retry_address: RetryAddress
) -> list[dict[str, Any]]:
    """Return messages and events, oldest first, as the staff sees them."""
    messages = _messages(ticket, internal=True)
    newest = ticket.events.select_related("by").order_by("-at", "-id")
    events = list(newest[:NEWEST])[::-1]
    names = Names(events)
    has = _belongings(messages)
    thread = [_message(each, has, file_address, retry_address) for each in messages]
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
    has = _belongings(messages)
    has.letters.clear()
    thread = [_public(_message(each, has, file_address)) for each in messages]
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
    found = ticket.messages.select_related("author")
    if not internal:
        found = found.exclude(kind=MessageKind.NOTE)
    return list(found.order_by("-seq")[:NEWEST])[::-1]


def _belongings(messages: list[Message]) -> Belongings:
    """Find attachments and letters in one query."""
    found = Belongings()
    with connection.cursor() as cursor:
        cursor.execute(_BELONGINGS, {"keys": [each.pk for each in messages]})
        for message, key, word, size in cursor.fetchall():
            if size is None:
                found.letters[message] = Sent(key, LetterState(word))
            else:
                found.files.setdefault(message, []).append(File(key, word, size))
    return found


def _message(
    message: Message,
    has: Belongings,
    file_address: FileAddress,
    retry_address: RetryAddress | None = None,
) -> dict[str, Any]:
    letter = has.letters.get(message.pk)
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
            for each in has.files.get(message.pk, ())
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


def _delivery(letter: Sent) -> tuple[str, str]:
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
    return words[letter.state]
