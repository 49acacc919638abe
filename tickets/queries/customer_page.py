"""What the customer's own page shows: no note, no team, no colleague but who wrote."""

import hashlib
import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets.models import (
    Attachment,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    MessageKind,
    Ticket,
    TicketLink,
    TicketStatus,
)
from tickets.queries import conversation

_CLOSED_TO_WORDS = frozenset({TicketStatus.MERGED, TicketStatus.SPAM})


def progress(link: TicketLink) -> dict[str, Any]:
    """Return the page of a valid link; `version` changes when something else is shown."""
    ticket = link.ticket
    thread = _thread(link)
    last = ticket.follow_ups.owed_first().first()
    page = {
        "number": ticket.number,
        "subject": ticket.subject,
        "status_label": status_words(ticket),
        "stage": conversation.stages(ticket),
        "entries": thread,
        "ask": _is_asked(ticket, last),
        "answered": _answered(ticket, last),
        "can_reply": ticket.status not in _CLOSED_TO_WORDS,
        "expires_at": link.expires_at,
        "url": reverse("tickets:progress", args=[link.pk]),
        "reply_url": reverse("tickets:progress-reply", args=[link.pk]),
        "answer_url": reverse("tickets:progress-answer", args=[link.pk]),
    }
    return page | {"version": _version(page)}


def is_over(ticket: Ticket) -> bool:
    """Tell whether a further word may need no answer."""
    return ticket.status in {TicketStatus.RESOLVED, TicketStatus.CLOSED}


def public_attachment(ticket: Ticket, pk: uuid.UUID) -> Attachment | None:
    """Return an attachment of the ticket's public messages; notes keep theirs."""
    found = Attachment.objects.filter(pk=pk, message__ticket=ticket)
    return found.exclude(message__kind=MessageKind.NOTE).first()


def status_words(ticket: Ticket) -> str:
    """Return where the ticket stands, in words for the customer."""
    working = pgettext("for the customer", "Being worked on")
    return {
        TicketStatus.NEW: pgettext("for the customer", "Received"),
        TicketStatus.OPEN: working,
        TicketStatus.WAITING_CUSTOMER: pgettext(
            "for the customer", "Waiting for your answer"
        ),
        TicketStatus.WAITING_COLLEAGUES: working,
        TicketStatus.RESOLVED: pgettext("for the customer", "Solved, we think"),
        TicketStatus.CLOSED: pgettext("for the customer", "Closed"),
        TicketStatus.MERGED: pgettext(
            "for the customer", "Joined with another request"
        ),
        TicketStatus.SPAM: pgettext("for the customer", "Closed"),
    }[TicketStatus(ticket.status)]


def _thread(link: TicketLink) -> list[dict[str, Any]]:
    ticket = link.ticket

    def address(attachment: conversation.File) -> str:
        return reverse("tickets:progress-file", args=[link.pk, attachment.pk])

    thread = conversation.public_entries(ticket, address) + _said_why(ticket)
    thread.sort(key=lambda each: each["at"])
    for place, entry in enumerate(thread, 1):
        # The true positions have gaps where there are notes.
        entry["seq"] = place
    return thread


def _said_why(ticket: Ticket) -> list[dict[str, Any]]:
    """Return what the customer wrote beside "not solved"; notes of calls are ours."""
    own = ticket.follow_ups.filter(stage=FollowUpStage.DONE, done_by__isnull=True)
    return [
        {
            "type": "message",
            "kind": MessageKind.INBOUND,
            "author": _("You"),
            "initials": "",
            "at": each.done_at,
            "html": conversation.body_html(each.words),
            "attachments": [],
        }
        for each in own.exclude(words="")
    ]


def _is_asked(ticket: Ticket, last: FollowUp | None) -> bool:
    return (
        ticket.status == TicketStatus.RESOLVED
        and last is not None
        and last.stage
        in {FollowUpStage.SCHEDULED, FollowUpStage.ASKED, FollowUpStage.CALL}
    )


def _answered(ticket: Ticket, last: FollowUp | None) -> str:
    """Return our word to an answer for as long as it is the last thing that happened."""
    if last is None or last.stage != FollowUpStage.DONE or last.done_by_id:
        return ""
    if ticket.status == TicketStatus.CLOSED:
        return _("Thank you for telling us: the request is closed.")
    again = last.outcome == FollowUpOutcome.NOT_SATISFIED
    if again and ticket.active and ticket.unanswered_since is not None:
        return _(
            "Thank you for telling us: the request is open again, and a senior "
            "colleague takes it up."
        )
    return ""


def _version(page: dict[str, Any]) -> str:
    seen = [page["status_label"], page["ask"], page["answered"]]
    seen += [(each.get("id"), each["at"]) for each in page["entries"]]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
