"""Which follow-up calls count already, and who has to make them."""

import datetime as dt

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.models import FollowUp, FollowUpOutcome, FollowUpStage, Ticket
from tickets.queries.people import is_able, leader_of

# A time is told in minutes, and at that minute it has to be true.
_MINUTE_UP = dt.timedelta(minutes=1) - dt.timedelta.resolution


def objection(row: FollowUp, outcome: FollowUpOutcome, *, now: dt.datetime) -> str:
    """Say why an owed follow-up cannot end a call like this yet; "" if it can.

    Nobody is called before they were asked. That nobody answered counts only once a
    call is due, and not again so soon that it is the same moment twice: three tries
    close a ticket, so each has to be a real chance for the customer.
    """
    if row.stage == FollowUpStage.SCHEDULED:
        return _(
            "The customer is only now being asked whether it is solved. "
            "Record the call in a few minutes."
        )
    if outcome != FollowUpOutcome.UNREACHABLE:
        return ""
    if row.stage == FollowUpStage.ASKED and row.next_at is not None:
        return _(
            "The customer may still answer by themselves. "
            "A call that nobody answers counts from %(time)s on."
        ) % {"time": told(row.next_at)}
    again = row.next_try_at
    if row.stage == FollowUpStage.CALL and again is not None and now < again:
        return _(
            "A call that nobody answered was written down just before. "
            "The next try counts from %(time)s on."
        ) % {"time": told(again)}
    return ""


def refuse_early(row: FollowUp, outcome: FollowUpOutcome, *, now: dt.datetime) -> None:
    """Raise RuleError with the objection, if there is one."""
    words = objection(row, outcome, now=now)
    if words:
        raise RuleError(words)


def caller_for(ticket: Ticket, owner: User | None) -> User | None:
    """Return who makes the call: the owner, or the lead where the owner cannot.

    An owner who left, or left the team, would keep a call that nobody makes.
    """
    if owner is not None and is_able(owner, ticket.team):
        return owner
    return leader_of(ticket.team) or owner


def told(moment: dt.datetime) -> str:
    """Write a moment for a sentence, in the reader's time zone, up to the minute."""
    return localtime(moment + _MINUTE_UP).strftime("%Y-%m-%d %H:%M")
