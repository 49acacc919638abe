"""Lock a ticket, write its history, tell the open browsers."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from servicedesk.audit.following import remember
from servicedesk.core.errors import RuleError
from servicedesk.core.live.publish import publish
from servicedesk.staff.models import User
from tickets.actions import messages
from tickets.models import EventKind, Ticket, TicketEvent, TicketStatus


def lock(
    ticket: Ticket,
    *,
    client_key: uuid.UUID | None = None,
    seen_seq: int | None = None,
) -> Ticket:
    """Return the ticket as it is now, locked until the transaction ends.

    Without joins: when PostgreSQL has waited for a lock it reads that row anew, but not
    the rows joined to it. What the ticket at hand knows of others is taken over where
    they are still the same. What `messages` wants to know of a form's key and of unseen
    messages is asked along; it holds if nothing was said while the lock was awaited.
    """
    rows = Ticket.objects.select_for_update(of=("self",))
    if client_key is not None or seen_seq is not None:
        rows = rows.annotate(**messages.questions(client_key, seen_seq))
    found = rows.get(pk=ticket.pk)
    for field in ("team", "category", "customer", "assignee", "service_level"):
        known = ticket._state.fields_cache.get(field)  # noqa: SLF001  # without asking
        if known is not None and known.pk == getattr(found, f"{field}_id"):
            setattr(found, field, known)
    remember(found)
    return found


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


def event(
    ticket: Ticket,
    kind: EventKind,
    *,
    by: User | None,
    now: dt.datetime,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> TicketEvent:
    """Return one row of history, to be written with others."""
    return TicketEvent(
        ticket=ticket,
        kind=kind,
        by=by,
        at=now,
        before=before,
        after=after,
        reason=reason,
    )


def write(events: Sequence[TicketEvent]) -> None:
    """Write rows of history, in order."""
    TicketEvent.objects.bulk_create(events)


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
    made = event(
        ticket, kind, by=by, now=now, before=before, after=after, reason=reason
    )
    made.save(force_insert=True)
    return made


def tell(ticket: Ticket, kind: str, *also: str) -> None:
    """Tell the browsers that show this ticket or its team's queue."""
    channels = [f"ticket:{ticket.pk}", f"team:{ticket.team_id}", *also]
    if ticket.assignee_id:
        channels.append(f"user:{ticket.assignee_id}")
    publish(channels=channels, kind=kind, ref=ticket.number)
