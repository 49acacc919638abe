"""Open a ticket again: to work, with a new clock, in hands that are still there."""

import datetime as dt
from collections.abc import Sequence

from servicedesk.staff.models import User
from tickets.actions import clocks, history
from tickets.models import (
    ClockTarget,
    EventKind,
    Ticket,
    TicketEvent,
    TicketStatus,
)


def open_again(
    ticket: Ticket,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str,
    unanswered: bool = False,
    after: Sequence[TicketEvent] = (),
) -> None:
    """Reopen a locked ticket and start a new resolution clock; the caller saves.

    Where the customer waits for an answer (`unanswered`), that clock starts with it.
    `after` are events that came before this one, to be written with it.
    """
    before = history.move(ticket, TicketStatus.OPEN)
    ticket.resolved_at = ticket.resolved_by = ticket.closed_at = None
    targets = [ClockTarget.RESOLUTION]
    if unanswered:
        ticket.unanswered_since = now
        targets.append(ClockTarget.NEXT_RESPONSE)
    clocks.start(ticket, targets, now=now)
    opened = history.event(
        ticket,
        EventKind.REOPENED,
        by=by,
        now=now,
        before=before,
        after=ticket.status,
        reason=reason,
    )
    # What is resolved was handed over with the rest when somebody left.
    freed = _freed(ticket, by, now) if before == TicketStatus.CLOSED else []
    history.write([*after, opened, *freed])


def _freed(ticket: Ticket, by: User | None, now: dt.datetime) -> list[TicketEvent]:
    """Put what was closed in the hands of somebody who left since into the queue."""
    held = ticket.assignee
    if held is None or held.is_active:
        return []
    ticket.assignee = None
    kind, before = EventKind.ASSIGNED, str(held.pk)
    return [history.event(ticket, kind, by=by, now=now, before=before)]
