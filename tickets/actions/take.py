"""Take a ticket, take the next one, give one to a colleague."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Membership, User
from servicedesk.staff.queries import team_ids
from tickets.actions import history, notices
from tickets.actions.intake import claim, settle
from tickets.actions.reply import finish, set_status
from tickets.models import EventKind, Ticket, TicketEvent, TicketStatus
from tickets.queries.people import is_able, refuse_uncleared

OUR_TURN = (
    TicketStatus.NEW,
    TicketStatus.OPEN,
    TicketStatus.WAITING_COLLEAGUES,
)
"""The states in which the next step is ours."""


@transaction.atomic
@together()
def take(*, ticket: Ticket, by: User, now: dt.datetime) -> Ticket:
    """Make the ticket one's own.

    Raises RuleError if a colleague was first, or the ticket is another team's: who
    may look at it does not thereby work on it.
    """
    ticket = history.lock(ticket)
    if ticket.assignee_id == by.pk:
        return ticket
    if ticket.assignee is not None:
        raise RuleError(
            _("%(name)s has taken this ticket already.") % {"name": ticket.assignee}
        )
    _refuse_ended(ticket)
    _refuse_strangers(ticket, by)
    _give(ticket, to=by, by=by, now=now, kind=EventKind.TAKEN)
    return ticket


@transaction.atomic
@together()
def take_next(
    *, by: User, now: dt.datetime, client_key: uuid.UUID | None = None
) -> Ticket | None:
    """Take the most pressing unassigned ticket of one's teams; None if there is none.

    Most pressing: highest priority, then oldest. Tickets of the second level are
    left to those who lead, and those that wait on the customer wait. Two people asking
    at once get two different tickets; the same `client_key` a second time gets the
    first ticket again.
    """
    if client_key is not None:
        known = claim(client_key, now)
        if known is not None:
            return known
    leads = Membership.objects.filter(user=by, lead=True).values("team")
    ticket = (
        Ticket.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(status__in=OUR_TURN, assignee__isnull=True, team__in=team_ids(by))
        .filter(Q(level=1) | Q(team__in=leads))
        .order_by("priority", "created_at")
        .first()
    )
    if ticket is None:
        return None
    _give(ticket, to=by, by=by, now=now, kind=EventKind.TAKEN)
    if client_key is not None:
        settle(client_key, ticket)
    return ticket


@transaction.atomic
@together()
def assign(*, ticket: Ticket, to: User | None, by: User, now: dt.datetime) -> Ticket:
    """Give the ticket to a member of its team, or back to the queue with None.

    Raises RuleError if the person is not of the team or not active.
    """
    ticket = history.lock(ticket)
    _refuse_ended(ticket)
    if ticket.assignee_id == (to.pk if to else None):
        return ticket
    if to is not None:
        _refuse_strangers(ticket, to)
    _give(ticket, to=to, by=by, now=now, kind=EventKind.ASSIGNED)
    return ticket


UNDO_WITHIN = dt.timedelta(minutes=2)


@transaction.atomic
@together()
def undo_assign(*, ticket: Ticket, by: User, now: dt.datetime) -> Ticket:
    """Take back one's own taking or assigning, as long as nothing came after it.

    Raises RuleError once somebody else acted, or after two minutes.
    """
    ticket = history.lock(ticket)
    event = (
        ticket.events.filter(kind__in=[EventKind.TAKEN, EventKind.ASSIGNED])
        .order_by("-id")
        .first()
    )
    if (
        event is None
        or not ticket.active
        or event.by_id != by.pk
        or now - event.at > UNDO_WITHIN
        or event.after != str(ticket.assignee_id or "")
        or _something_came_of(event)
    ):
        raise RuleError(_("It is too late to undo. Assign the ticket instead."))
    given_back = ticket.assignee_id
    ticket.assignee = (
        User.objects.filter(pk=event.before, is_active=True).first()
        if event.before
        else None
    )
    if ticket.events.filter(
        kind=EventKind.STATUS, at=event.at, before=TicketStatus.NEW
    ).exists():
        set_status(ticket, TicketStatus.NEW, by=by, now=now)
    history.record(
        ticket, EventKind.UNDONE, by=by, now=now, before=event.after, after=event.before
    )
    finish(ticket, now=now)
    history.tell(
        ticket, "ticket_assigned", *([f"user:{given_back}"] if given_back else [])
    )
    return ticket


def _something_came_of(event: TicketEvent) -> bool:
    """Tell whether anybody did anything on the ticket since, or wrote on it."""
    by_itself = Q(kind__in=[EventKind.WARNED, EventKind.BREACHED])
    pair = Q(kind=EventKind.STATUS, at=event.at)
    ticket = event.ticket
    return (
        ticket.events.filter(pk__gt=event.pk).exclude(by_itself | pair).exists()
        or ticket.messages.filter(created_at__gt=event.at).exists()
    )


def _give(
    ticket: Ticket, *, to: User | None, by: User, now: dt.datetime, kind: EventKind
) -> None:
    before = ticket.assignee_id
    ticket.assignee = to
    event = history.record(
        ticket,
        kind,
        by=by,
        now=now,
        before=str(before or ""),
        after=str(to.pk if to else ""),
    )
    notices.tell(ticket, notices.ASSIGNED, event=event.pk, by=by, now=now)
    if to is not None and ticket.status == TicketStatus.NEW:
        set_status(ticket, TicketStatus.OPEN, by=by, now=now)
    finish(ticket, now=now)
    also = [f"user:{before}"] if before else []
    history.tell(ticket, "ticket_assigned", *also)


def _refuse_strangers(ticket: Ticket, user: User) -> None:
    if is_able(user, ticket.team):
        return
    refuse_uncleared(user)
    raise RuleError(
        _("%(name)s is not in the team %(team)s. Transfer the ticket instead.")
        % {"name": user, "team": ticket.team}
    )


def _refuse_ended(ticket: Ticket) -> None:
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
