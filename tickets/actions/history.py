"""Lock a ticket, write its history, tell the open browsers."""

import datetime as dt

from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.live.publish import publish
from servicedesk.staff.models import User
from tickets.models import EventKind, Ticket, TicketEvent, TicketStatus


def lock(ticket: Ticket) -> Ticket:
    """Return the ticket as it is now, locked until the transaction ends.

    Two queries, on purpose: when PostgreSQL has waited for a lock it reads that row
    anew, but not the rows joined to it. The assignee would be the one of before.
    """
    Ticket.objects.select_for_update().values_list("pk").get(pk=ticket.pk)
    return Ticket.objects.select_related(
        "team", "category", "customer", "assignee"
    ).get(pk=ticket.pk)


def move(ticket: Ticket, status: TicketStatus) -> str:
    """Set the status if the table of moves permits it; return the one before.

    Raises RuleError, telling where the ticket stands.
    """
    before = ticket.status
    if before == status:
        return before
    if not ticket.may_become(status):
        raise RuleError(
            _("This ticket is %(now)s and cannot become %(next)s.")
            % {
                "now": TicketStatus(before).label,
                "next": TicketStatus(status).label,
            }
        )
    ticket.status = status
    return before


def record(
    ticket: Ticket,
    kind: EventKind,
    *,
    by: User | None,
    now: dt.datetime,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> TicketEvent:
    """Write one row of history."""
    return TicketEvent.objects.create(
        ticket=ticket,
        kind=kind,
        by=by,
        at=now,
        before=before,
        after=after,
        reason=reason,
    )


def tell(ticket: Ticket, kind: str, *also: str) -> None:
    """Tell the browsers that show this ticket or its team's queue."""
    channels = [f"ticket:{ticket.pk}", f"team:{ticket.team_id}", *also]
    if ticket.assignee_id:
        channels.append(f"user:{ticket.assignee_id}")
    publish(channels=channels, kind=kind, ref=ticket.number)
