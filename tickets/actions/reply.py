"""Answer the customer, write an internal note, take in what the customer adds."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import clocks, history, letters, messages, notices
from tickets.models import (
    ClockTarget,
    Draft,
    EventKind,
    LetterKind,
    Message,
    MessageKind,
    Ticket,
    TicketStatus,
)

ANSWERS = (ClockTarget.FIRST_RESPONSE, ClockTarget.NEXT_RESPONSE)
"""What a public message of a person meets."""


@transaction.atomic
@together()
def reply(
    *,
    ticket: Ticket,
    body: str,
    by: User,
    now: dt.datetime,
    seen_seq: int | None = None,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Send an answer: on the customer's page, and as a letter where there is e-mail.

    `seen_seq` is the last message that the writer had before the eyes. Raises
    NewerMessageError if the customer has written since, RuleError if the ticket is over.
    The same `client_key` a second time returns the first message.
    """
    ticket = history.lock(ticket, client_key=client_key, seen_seq=seen_seq)
    before = messages.sent_before(ticket, client_key)
    if before is not None:
        return before
    if not ticket.active:
        raise RuleError(_("Reopen the ticket before you answer."))
    messages.refuse_unseen(ticket, seen_seq)
    message = say(ticket, body, by=by, now=now, client_key=client_key, files=files)
    if ticket.status == TicketStatus.NEW:
        set_status(ticket, TicketStatus.OPEN, by=by, now=now)
    letters.owe(ticket, LetterKind.REPLY, now=now, message=message)
    finish(ticket, now=now)
    Draft.objects.filter(ticket=ticket, user=by, kind=MessageKind.OUTBOUND).delete()
    history.tell(ticket, "message_added")
    return message


def say(
    ticket: Ticket,
    body: str,
    *,
    by: User,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
    met: Sequence[ClockTarget] = ANSWERS,
) -> Message:
    """Append a public message of a person to a locked ticket, and meet its clocks."""
    message = messages.append(
        ticket,
        MessageKind.OUTBOUND,
        body,
        author=by,
        now=now,
        client_key=client_key,
        files=files,
    )
    answered(ticket, by=by, now=now, met=met)
    return message


def answered(
    ticket: Ticket, *, by: User, now: dt.datetime, met: Sequence[ClockTarget] = ANSWERS
) -> None:
    """Note on a locked ticket that the customer has a person's answer."""
    clocks.stop(ticket, met, by=by, now=now)
    ticket.first_response_at = ticket.first_response_at or now
    ticket.unanswered_since = None


@transaction.atomic
@together()
def note(
    *,
    ticket: Ticket,
    body: str,
    by: User,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Write a note that only colleagues see; no clock is touched."""
    ticket = history.lock(ticket, client_key=client_key)
    before = messages.sent_before(ticket, client_key)
    if before is not None:
        return before
    message = messages.append(
        ticket,
        MessageKind.NOTE,
        body,
        author=by,
        now=now,
        client_key=client_key,
        files=files,
    )
    finish(ticket, now=now)
    Draft.objects.filter(ticket=ticket, user=by, kind=MessageKind.NOTE).delete()
    history.tell(ticket, "note_added")
    return message


@transaction.atomic
@together()
def receive(
    *,
    ticket: Ticket,
    body: str,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Take in what the customer adds to a ticket that is not over.

    A ticket that waited on the customer is open again and its clocks run on. After
    the first answer a next-response clock starts with the oldest unanswered message.
    """
    ticket = history.lock(ticket, client_key=client_key)
    before = messages.sent_before(ticket, client_key)
    if before is not None:
        return before
    return take_in(ticket, body, now=now, client_key=client_key, files=files)


def take_in(
    ticket: Ticket,
    body: str,
    *,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Do as `receive` does, on a ticket that is locked already."""
    message = hear(ticket, body, now=now, client_key=client_key, files=files)
    if ticket.status == TicketStatus.WAITING_CUSTOMER:
        clocks.resume(ticket, now=now)
        set_status(ticket, TicketStatus.OPEN, by=None, now=now)
    finish(ticket, now=now)
    notices.tell_wrote(ticket, message)
    history.tell(ticket, "customer_wrote")
    return message


def hear(
    ticket: Ticket,
    body: str,
    *,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Append a customer's message to a locked ticket and start what it makes due."""
    message = messages.append(
        ticket,
        MessageKind.INBOUND,
        body,
        author=None,
        now=now,
        client_key=client_key,
        files=files,
    )
    if ticket.active and ticket.unanswered_since is None:
        ticket.unanswered_since = now
        if ticket.first_response_at is not None:
            clocks.start(ticket, [ClockTarget.NEXT_RESPONSE], now=now)
    return message


def set_status(
    ticket: Ticket,
    status: TicketStatus,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
) -> None:
    """Move a locked ticket and write the row of history; the caller saves."""
    before = history.move(ticket, status)
    if before != status:
        history.record(
            ticket,
            EventKind.STATUS,
            by=by,
            now=now,
            before=before,
            after=status,
            reason=reason,
        )


def finish(ticket: Ticket, *, now: dt.datetime) -> None:
    """Save a locked ticket with its soonest due time and the time of the change."""
    clocks.refresh_due(ticket)
    ticket.changed_at = now
    ticket.save()
