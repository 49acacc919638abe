"""Resolve a ticket, and take it back within the moment that undo is offered."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.audit.following import remember
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import clocks, follow_up, history, messages, notices
from tickets.actions.open_again import open_again
from tickets.actions.reply import ANSWERS, finish, say
from tickets.models import (
    ASK_AFTER,
    ClockState,
    ClockTarget,
    Draft,
    EventKind,
    FollowUpStage,
    Message,
    MessageKind,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from tickets.signals import resolution_undone, ticket_reopened, ticket_resolved


@transaction.atomic
@together()
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
    ticket = history.lock(ticket, seen_seq=seen_seq)
    messages.refuse_unseen(ticket, seen_seq)
    before = history.move(ticket, TicketStatus.RESOLVED)
    if before == TicketStatus.RESOLVED:
        raise RuleError(_("This ticket has been resolved already."))
    say(ticket, words, by=by, now=now, met=[*ANSWERS, ClockTarget.RESOLUTION])
    ticket.root_cause = root_cause.strip()
    ticket.solution = solution.strip()
    ticket.resolved_at = now
    ticket.resolved_by = by
    done = history.event(
        ticket, EventKind.RESOLVED, by=by, now=now, before=before, after=ticket.status
    )
    history.write([*_credited(ticket, by, now), done])
    follow_up.schedule(ticket, now=now)
    finish(ticket, now=now)
    Draft.objects.filter(ticket=ticket, user=by).delete()
    ticket_resolved.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_resolved")
    return ticket


@transaction.atomic
@together()
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
    remember(owed)
    resolved_at = owed.resolved_at
    said = list(ticket.messages.order_by("seq").defer("body"))
    told = [each for each in said if _announces(each, by, resolved_at)]
    # By position, not by time: the machine that took it in may have another clock.
    since = told[0].seq if told else 0
    if any(each.kind == MessageKind.INBOUND and each.seq > since for each in said):
        raise RuleError(_("The customer has written since. Reopen it instead."))
    follow_up.cancel(owed, now=now)
    messages.take_off(told)
    _restore(ticket, resolved_at, now)
    _restore_unanswered(ticket, [each for each in said if each not in told])
    history.record(
        ticket, EventKind.UNDONE, by=by, now=now, before="resolved", after=ticket.status
    )
    finish(ticket, now=now)
    resolution_undone.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_changed")
    return ticket


@transaction.atomic
@together()
def reopen(*, ticket: Ticket, reason: str, by: User, now: dt.datetime) -> Ticket:
    """Open a ticket again by hand. A follow-up still owed is cancelled with it."""
    ticket = history.lock(ticket)
    owed = ticket.follow_ups.owed().select_for_update().first()
    if owed is not None:
        remember(owed)
        follow_up.cancel(owed, now=now)
    if ticket.active:
        raise RuleError(_("This ticket is open."))
    open_again(ticket, by=by, now=now, reason=reason)
    finish(ticket, now=now)
    notices.tell_reopened(ticket, by=by, now=now)
    ticket_reopened.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_reopened")
    return ticket


def _credited(ticket: Ticket, by: User, now: dt.datetime) -> list[TicketEvent]:
    """Make who resolves a ticket that nobody took its assignee."""
    if ticket.assignee_id is not None:
        return []
    ticket.assignee = by
    return [history.event(ticket, EventKind.TAKEN, by=by, now=now, after=str(by.pk))]


def _announces(message: Message, by: User, resolved_at: dt.datetime) -> bool:
    return (message.kind, message.author_id, message.created_at) == (
        MessageKind.OUTBOUND,
        by.pk,
        resolved_at,
    )


def _restore(ticket: Ticket, resolved_at: dt.datetime, now: dt.datetime) -> None:
    kinds = [EventKind.RESOLVED, EventKind.TAKEN]
    newest = ticket.events.filter(kind__in=kinds).order_by("-id")
    event, *earlier = newest[:2]
    ticket.status = TicketStatus(event.before)
    ticket.resolved_at = ticket.resolved_by = None
    waiting = ticket.status == TicketStatus.WAITING_CUSTOMER
    state = ClockState.PAUSED if waiting else ClockState.RUNNING
    clocks.restore(ticket, state=state, stopped_at=resolved_at, now=now)
    if any((each.kind, each.at) == (EventKind.TAKEN, resolved_at) for each in earlier):
        ticket.assignee = None


def _restore_unanswered(ticket: Ticket, said: Sequence[Message]) -> None:
    """Set since when the customer waits, as the messages that are left tell it."""
    answers = [each for each in said if each.kind == MessageKind.OUTBOUND]
    last = answers[-1].seq if answers else 0
    open_ones = [
        each for each in said if each.kind == MessageKind.INBOUND and each.seq > last
    ]
    # "Not solved" asks for an answer without a message: its clock tells since when.
    asked = clocks.live_target(ticket, ClockTarget.NEXT_RESPONSE)
    ticket.unanswered_since = open_ones[0].created_at if open_ones else None
    if ticket.unanswered_since is None and asked is not None:
        ticket.unanswered_since = asked.started_at
    ticket.first_response_at = answers[0].created_at if answers else None


UNDO_WITHIN = ASK_AFTER
