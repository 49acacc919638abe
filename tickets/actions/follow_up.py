"""The 48-hour follow-up: ask, call, miss, and the customer's answer.

Every step locks the ticket first and the follow-up second, and changes the row
only if it still stands where the step expects it: two sweepers, or a sweeper and
a customer, cannot both take the same step.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.audit.following import remember
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import calls, clocks, history, letters, notices
from tickets.actions.escalate import raise_level
from tickets.actions.open_again import open_again
from tickets.models import (
    ASK_AFTER,
    CALL_AFTER,
    DUE_AFTER,
    OWED,
    TRIES,
    EventKind,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    LetterKind,
    Message,
    MessageKind,
    Ticket,
    TicketEvent,
    TicketStatus,
    scaled,
)
from tickets.queries.people import leader_of
from tickets.signals import follow_up_answered, ticket_closed, ticket_reopened


def schedule(ticket: Ticket, *, now: dt.datetime) -> FollowUp:
    """Owe the follow-up of a resolution, due 48 hours after it."""
    return FollowUp.objects.create(
        ticket=ticket,
        resolved_at=now,
        team_id=ticket.team_id,
        owner=ticket.assignee,
        next_at=now + scaled(ASK_AFTER),
        due_at=now + scaled(DUE_AFTER),
    )


@transaction.atomic
@together()
def advance(*, pk: uuid.UUID, now: dt.datetime) -> FollowUpStage | None:
    """Take the next step that is due on one follow-up; None if there is none.

    Skips a row that somebody else holds: they are taking the step.
    """
    known = FollowUp.objects.filter(pk=pk).values("ticket_id")
    # Without joins: after a wait PostgreSQL reads the locked row anew, not the joined.
    ticket = (
        Ticket.objects.select_for_update(skip_locked=True).filter(pk__in=known).first()
    )
    if ticket is None:
        return None
    row = FollowUp.objects.select_for_update().get(pk=pk)
    remember(row)
    if row.stage not in OWED or row.next_at is None or row.next_at > now:
        return None
    step = {
        FollowUpStage.SCHEDULED: _ask,
        FollowUpStage.ASKED: _call,
        FollowUpStage.CALL: _miss,
    }[FollowUpStage(row.stage)]
    step(ticket, row, now)
    row.save()
    history.tell(ticket, "follow_up_changed", *_owner_channel(row))
    return FollowUpStage(row.stage)


@transaction.atomic
@together()
def answer(
    *, ticket: Ticket, satisfied: bool, words: str = "", now: dt.datetime
) -> FollowUp:
    """Take the customer's "solved" or "not solved" from the signed page.

    Solved closes the ticket; not solved opens it again at level 2. The same answer
    a second time is the same answer, as long as it still describes the ticket; any
    other is refused with RuleError.
    """
    ticket = history.lock(ticket)
    row = ticket.follow_ups.select_for_update().owed_first().first()
    if row is not None:
        remember(row)
    outcome = FollowUpOutcome.SATISFIED if satisfied else FollowUpOutcome.NOT_SATISFIED
    if row is None or row.stage == FollowUpStage.CANCELLED:
        raise RuleError(_("There is no question open on this request."))
    if row.stage == FollowUpStage.DONE:
        _refuse_unlike(ticket, row, outcome)
        return row
    return conclude(ticket, row, outcome, by=None, words=words, now=now)


@transaction.atomic
@together()
def record_call(
    *,
    follow_up: FollowUp,
    outcome: FollowUpOutcome,
    words: str,
    by: User,
    now: dt.datetime,
) -> FollowUp:
    """Write down what a follow-up call brought.

    A call that nobody answered counts as a try; the third one closes the ticket as
    unreachable. Raises RuleError if the follow-up is over, or the call too early.
    """
    ticket = history.lock(follow_up.ticket)
    row = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    remember(row)
    if row.stage not in OWED:
        raise RuleError(_("This follow-up is over: somebody was quicker."))
    calls.refuse_early(row, outcome, now=now)
    if outcome == FollowUpOutcome.UNREACHABLE:
        row.tries += 1
        row.tried_at = now
        if row.tries < TRIES:
            row.save(update_fields=["tries", "tried_at"])
            _note_try(ticket, row, by=by, words=words, now=now)
            return row
    return conclude(ticket, row, outcome, by=by, words=words, now=now)


def cancel(row: FollowUp, *, now: dt.datetime) -> None:
    """End a locked follow-up that nobody is owed any more; a miss stays a miss."""
    row.stage = FollowUpStage.CANCELLED
    row.next_at = None
    row.done_at = now
    row.save()


def _refuse_unlike(ticket: Ticket, row: FollowUp, outcome: FollowUpOutcome) -> None:
    """Refuse an answer that is not what was answered, or no longer true of the ticket."""
    solved = row.outcome != FollowUpOutcome.NOT_SATISFIED
    stands = ticket.status == TicketStatus.CLOSED if solved else ticket.active
    if row.outcome == outcome and stands:
        return
    if solved and ticket.active:
        raise RuleError(
            _(
                "The request was opened again meanwhile, and we are working on it. "
                "If something changed, write it to us as a message."
            )
        )
    raise RuleError(_("You have answered already. Write to us if it changed."))


def _note_try(
    ticket: Ticket, row: FollowUp, *, by: User, words: str, now: dt.datetime
) -> None:
    history.record(
        ticket,
        EventKind.FOLLOWED_UP,
        by=by,
        now=now,
        after="no_answer",
        reason=words,
    )
    history.tell(ticket, "follow_up_changed", *_owner_channel(row))


def _ask(ticket: Ticket, row: FollowUp, now: dt.datetime) -> None:
    row.stage = FollowUpStage.ASKED
    row.asked_at = now
    row.next_at = row.resolved_at + scaled(CALL_AFTER)
    letters.owe(
        ticket, LetterKind.RESOLVED, now=now, message=_announcement(ticket, row)
    )
    history.record(ticket, EventKind.ASKED, by=None, now=now)


def _call(ticket: Ticket, row: FollowUp, now: dt.datetime) -> None:
    row.stage = FollowUpStage.CALL
    row.next_at = row.due_at
    row.owner = calls.caller_for(ticket, row.owner)
    history.record(
        ticket, EventKind.CALL_DUE, by=None, now=now, after=str(row.owner_id or "")
    )
    notices.tell(ticket, notices.CALL_DUE, event=row.pk, to=row.owner_id, now=now)


def _miss(ticket: Ticket, row: FollowUp, now: dt.datetime) -> None:
    row.missed_at = row.due_at
    row.next_at = None
    row.owner = leader_of(ticket.team) or row.owner
    history.record(
        ticket, EventKind.MISSED, by=None, now=now, after=str(row.owner_id or "")
    )
    notices.tell(ticket, notices.CALL_MISSED, event=row.pk, to=row.owner_id, now=now)


def conclude(
    ticket: Ticket,
    row: FollowUp,
    outcome: FollowUpOutcome,
    *,
    by: User | None,
    words: str,
    now: dt.datetime,
) -> FollowUp:
    """End an owed follow-up, locked like its ticket, with what the customer said."""
    row.stage = FollowUpStage.DONE
    row.outcome = outcome
    row.done_at = now
    row.done_by = by
    row.words = words
    row.next_at = None
    if now > row.due_at and row.missed_at is None:
        row.missed_at = row.due_at
    row.save()
    said = history.event(
        ticket, EventKind.FOLLOWED_UP, by=by, now=now, after=outcome, reason=words
    )
    if outcome == FollowUpOutcome.NOT_SATISFIED:
        open_again(ticket, by=by, now=now, reason=words, unanswered=True, after=[said])
        raise_level(ticket)
        notices.tell_reopened(ticket, by=by, now=now)
        ticket_reopened.send(sender=Ticket, ticket=ticket, by=by, now=now)
    else:
        _close(ticket, said, by=by, now=now)
    clocks.refresh_due(ticket)
    ticket.changed_at = now
    ticket.save()
    follow_up_answered.send(sender=FollowUp, follow_up=row, by=by, now=now)
    history.tell(ticket, "follow_up_changed", *_owner_channel(row))
    return row


def _close(
    ticket: Ticket, said: TicketEvent, *, by: User | None, now: dt.datetime
) -> None:
    before = history.move(ticket, TicketStatus.CLOSED)
    ticket.closed_at = now
    closed = history.event(
        ticket, EventKind.CLOSED, by=by, now=now, before=before, after=ticket.status
    )
    history.write([said, closed])
    ticket_closed.send(sender=Ticket, ticket=ticket, by=by, now=now)


def _announcement(ticket: Ticket, row: FollowUp) -> Message | None:
    """Return the message that told the customer of the solution."""
    return ticket.messages.filter(
        kind=MessageKind.OUTBOUND, created_at=row.resolved_at
    ).first()


def _owner_channel(row: FollowUp) -> list[str]:
    return [f"user:{row.owner_id}"] if row.owner_id else []
