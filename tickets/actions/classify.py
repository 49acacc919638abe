"""Classify: category, severity and urgency, and the priority that follows."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.actions import history
from tickets.actions.create import priority_of
from tickets.actions.reply import finish
from tickets.models import Category, EventKind, Phase, Severity, Ticket, Urgency


@transaction.atomic
@together()
def classify(
    *,
    ticket: Ticket,
    category: Category,
    severity: Severity,
    urgency: Urgency,
    phase: Phase,
    by: User,
    now: dt.datetime,
) -> Ticket:
    """Set what the ticket is about and how much it matters.

    The priority follows from the matrix. Clocks keep the promise they were started
    under; the team stays: a transfer is explained to the customer, this is not.
    """
    ticket = history.lock(ticket)
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
    before = _summary(ticket)
    ticket.category = category
    ticket.kind = category.kind
    ticket.severity = severity
    ticket.urgency = urgency
    ticket.phase = phase
    ticket.priority = priority_of(severity, urgency)
    after = _summary(ticket)
    if after != before:
        history.record(
            ticket, EventKind.CLASSIFIED, by=by, now=now, before=before, after=after
        )
        finish(ticket, now=now)
        history.tell(ticket, "ticket_changed")
    return ticket


def _summary(ticket: Ticket) -> str:
    """Return ids and numbers only; pages turn them into words in any language."""
    return (
        f"{ticket.category_id}:{ticket.severity}:{ticket.urgency}"
        f":{ticket.priority}:{ticket.phase}"
    )
