"""Say whom a ticket waits for: the customer, colleagues, or nobody any more."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import clocks, history
from tickets.actions.reply import finish, set_status
from tickets.models import Ticket, TicketStatus

_WAYS = (
    TicketStatus.OPEN,
    TicketStatus.WAITING_CUSTOMER,
    TicketStatus.WAITING_COLLEAGUES,
)


@transaction.atomic
@together()
def wait(
    *,
    ticket: Ticket,
    status: TicketStatus,
    by: User,
    now: dt.datetime,
    reason: str = "",
) -> Ticket:
    """Set a ticket open, or waiting on the customer or on colleagues.

    The clocks pause only while the customer's answer is awaited; colleagues are us.
    Resolving and reopening owe more than a status, so they are not done here.
    Raises RuleError if the move is not permitted.
    """
    ticket = history.lock(ticket)
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
    if status not in _WAYS:
        raise RuleError(_("A ticket can be open, or wait on somebody."))
    if status == TicketStatus.WAITING_CUSTOMER and ticket.unanswered_since is not None:
        raise RuleError(
            _("Answer the customer first: nobody waits for a reply to silence.")
        )
    was_paused = ticket.status == TicketStatus.WAITING_CUSTOMER
    set_status(ticket, status, by=by, now=now, reason=reason)
    if status == TicketStatus.WAITING_CUSTOMER and not was_paused:
        clocks.pause(ticket, now=now)
    elif was_paused and status != TicketStatus.WAITING_CUSTOMER:
        clocks.resume(ticket, now=now)
    finish(ticket, now=now)
    history.tell(ticket, "ticket_changed")
    return ticket
