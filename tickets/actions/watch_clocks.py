"""Warn before a promise breaks, and go up when it is broken."""

import datetime as dt

from django.db import transaction

from servicedesk.audit.batch import together
from tickets.actions import history, notices
from tickets.actions.escalate import escalate
from tickets.models import ClockState, ClockTarget, EventKind, ServiceClock, Ticket


@transaction.atomic
@together()
def check_clock(*, pk: int, now: dt.datetime) -> bool:
    """Note a due warning or breach on one clock, once; tell whether there was one.

    A breached resolution takes the ticket to the second level.
    """
    known = ServiceClock.objects.filter(pk=pk).values("ticket_id")
    # Without joins: after a wait PostgreSQL reads the locked row anew, not the joined.
    ticket = (
        Ticket.objects.select_for_update(skip_locked=True).filter(pk__in=known).first()
    )
    if ticket is None:
        return False
    clock = ServiceClock.objects.select_for_update().get(pk=pk)
    if clock.state != ClockState.RUNNING:
        return False
    if clock.breached_at is None and clock.due_at is not None and clock.due_at < now:
        _breach(ticket, clock, now)
        return True
    if _warning_due(clock, now):
        clock.warned_at = now
        clock.save(update_fields=["warned_at"])
        history.record(ticket, EventKind.WARNED, by=None, now=now, after=clock.target)
        notices.tell_clock(ticket, clock, notices.DUE_SOON, now=now)
        history.tell(ticket, "clock_warned")
        return True
    return False


def _warning_due(clock: ServiceClock, now: dt.datetime) -> bool:
    return (
        clock.warned_at is None
        and clock.breached_at is None
        and clock.warn_at is not None
        and clock.warn_at <= now
    )


def _breach(ticket: Ticket, clock: ServiceClock, now: dt.datetime) -> None:
    clock.breached_at = clock.due_at
    clock.save(update_fields=["breached_at"])
    history.record(ticket, EventKind.BREACHED, by=None, now=now, after=clock.target)
    notices.tell_clock(ticket, clock, notices.BREACHED, now=now)
    if clock.target == ClockTarget.RESOLUTION and ticket.level == 1 and ticket.active:
        escalate(ticket=ticket, reason="", by=None, now=now)
    else:
        history.tell(ticket, "clock_breached")
