"""Resolve a ticket, and take it back within the moment that undo is offered."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import clocks, follow_up, history, messages
from tickets.actions.reply import finish, say
from tickets.models import (
    ASK_AFTER,
    LIVE,
    ClockState,
    ClockTarget,
    Draft,
    EventKind,
    FollowUpStage,
    MessageKind,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from tickets.signals import resolution_undone, ticket_reopened, ticket_resolved


@transaction.atomic
def resolve(
    *,
    ticket: Ticket,
    root_cause: str,
    solution: str,
    words: str,
    by: User,
    now: dt.datetime,
    seen_seq: int | None = None,
) -> Ticket:
    """Mark a ticket resolved, tell the customer, and owe the 48-hour follow-up.

    `words` are what the customer reads; root cause and solution are for the records.
    All of it is one transaction: there is no resolved ticket without its follow-up.
    Raises RuleError if the ticket cannot be resolved from where it stands, and
    NewerMessageError if the customer has written since `seen_seq`.
    """
    ticket = history.lock(ticket)
    messages.refuse_unseen(ticket, seen_seq)
    before = history.move(ticket, TicketStatus.RESOLVED)
    if before == TicketStatus.RESOLVED:
        raise RuleError(_("This ticket has been resolved already."))
    if before == TicketStatus.WAITING_CUSTOMER:
        clocks.resume(ticket, now=now)
    say(ticket, words, by=by, now=now)
    clocks.stop(ticket, [ClockTarget.RESOLUTION], by=by, now=now)
    ticket.root_cause = root_cause.strip()
    ticket.solution = solution.strip()
    ticket.resolved_at = now
    ticket.resolved_by = by
    _credit(ticket, by, now)
    history.record(
        ticket, EventKind.RESOLVED, by=by, now=now, before=before, after=ticket.status
    )
    follow_up.schedule(ticket, now=now)
    finish(ticket, now=now)
    Draft.objects.filter(ticket=ticket, user=by).delete()
    ticket_resolved.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_resolved")
    return ticket


@transaction.atomic
def undo_resolve(*, ticket: Ticket, by: User, now: dt.datetime) -> Ticket:
    """Take a resolution back before the customer has been asked about it.

    Status, clocks and assignee are as before; the message that announced
    the solution is taken off the page. Raises RuleError once it is too late.
    """
    ticket = history.lock(ticket)
    owed = ticket.follow_ups.owed().select_for_update().first()
    if ticket.status != TicketStatus.RESOLVED or owed is None:
        raise RuleError(_("There is nothing to undo."))
    if owed.stage != FollowUpStage.SCHEDULED or ticket.resolved_by_id != by.pk:
        raise RuleError(_("It is too late to undo. Reopen the ticket instead."))
    event = ticket.events.filter(kind=EventKind.RESOLVED).latest("id")
    resolved_at = owed.resolved_at
    if ticket.messages.filter(
        kind=MessageKind.INBOUND, created_at__gt=resolved_at
    ).exists():
        raise RuleError(_("The customer has written since. Reopen it instead."))
    follow_up.cancel(owed, now=now)
    ticket.messages.filter(
        created_at=resolved_at, kind=MessageKind.OUTBOUND, author=by
    ).delete()
    ticket.status = TicketStatus(event.before)
    ticket.resolved_at = ticket.resolved_by = None
    _restore(ticket, event, resolved_at, now)
    history.record(
        ticket, EventKind.UNDONE, by=by, now=now, before="resolved", after=ticket.status
    )
    finish(ticket, now=now)
    resolution_undone.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_changed")
    return ticket


@transaction.atomic
def reopen(*, ticket: Ticket, reason: str, by: User, now: dt.datetime) -> Ticket:
    """Open a ticket again by hand. A follow-up still owed is cancelled with it."""
    ticket = history.lock(ticket)
    owed = ticket.follow_ups.owed().select_for_update().first()
    if owed is not None:
        follow_up.cancel(owed, now=now)
    if ticket.active:
        raise RuleError(_("This ticket is open."))
    follow_up.open_again(ticket, by=by, now=now, reason=reason)
    finish(ticket, now=now)
    ticket_reopened.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_reopened")
    return ticket


def _credit(ticket: Ticket, by: User, now: dt.datetime) -> None:
    """Make who resolves a ticket that nobody took its assignee."""
    if ticket.assignee is not None:
        return
    ticket.assignee = by
    history.record(ticket, EventKind.TAKEN, by=by, now=now, after=str(by.pk))


def _restore(
    ticket: Ticket, event: TicketEvent, resolved_at: dt.datetime, now: dt.datetime
) -> None:
    waiting = ticket.status == TicketStatus.WAITING_CUSTOMER
    state = ClockState.PAUSED if waiting else ClockState.RUNNING
    clocks.restore(ticket, state=state, stopped_at=resolved_at, now=now)
    before = ticket.events.filter(pk__lt=event.pk).order_by("-pk").first()
    if before and (before.kind, before.at) == (EventKind.TAKEN, resolved_at):
        ticket.assignee = None
    _restore_unanswered(ticket)


def _restore_unanswered(ticket: Ticket) -> None:
    answered = (
        ticket.messages.filter(kind=MessageKind.OUTBOUND).order_by("-seq").first()
    )
    open_ones = ticket.messages.filter(
        kind=MessageKind.INBOUND, seq__gt=answered.seq if answered else 0
    ).order_by("seq")
    oldest = open_ones.first()
    # "Not solved" asks for an answer without a message: its clock tells since when.
    asked = ticket.clocks.filter(
        state__in=LIVE, target=ClockTarget.NEXT_RESPONSE
    ).first()
    ticket.unanswered_since = oldest.created_at if oldest else None
    if ticket.unanswered_since is None and asked is not None:
        ticket.unanswered_since = asked.started_at
    ticket.first_response_at = (
        ticket.messages.filter(kind=MessageKind.OUTBOUND)
        .order_by("seq")
        .values_list("created_at", flat=True)
        .first()
    )


UNDO_WITHIN = ASK_AFTER
