"""Escalation (上报): up to the second level, to the one who leads the team."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import history, notices
from tickets.actions.reply import finish
from tickets.models import EventKind, Ticket
from tickets.queries.people import leader_of


@transaction.atomic
@together()
def escalate(
    *, ticket: Ticket, reason: str, by: User | None, now: dt.datetime
) -> Ticket:
    """Move a ticket to level 2 and to the team's lead; by hand, or `by` None on breach.

    Raises RuleError if the ticket is over or is at level 2 already.
    """
    ticket = history.lock(ticket)
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
    if ticket.level == 2:  # noqa: PLR2004  # the second of two levels
        raise RuleError(_("The ticket is at the second level already."))
    before = ticket.assignee_id
    raise_level(ticket)
    event = history.record(
        ticket,
        EventKind.ESCALATED,
        by=by,
        now=now,
        before=str(before or ""),
        after=str(ticket.assignee_id or ""),
        reason=reason,
    )
    if ticket.assignee_id != before:
        notices.tell(ticket, notices.ESCALATED, event=event.pk, by=by, now=now)
    finish(ticket, now=now)
    history.tell(ticket, "ticket_escalated", *([f"user:{before}"] if before else []))
    return ticket


def raise_level(ticket: Ticket) -> None:
    """Set a locked ticket to level 2 and give it to the lead; the caller saves."""
    ticket.level = 2
    leader = leader_of(ticket.team)
    if leader is not None:
        ticket.assignee = leader
