"""Transfer (转接): hand a ticket to another team, explained to the customer."""

import datetime as dt

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team, User
from tickets.actions import history, letters, messages
from tickets.actions.reply import finish, say
from tickets.models import (
    EventKind,
    LetterKind,
    MessageKind,
    Ticket,
    TicketUserObjectPermission,
)
from tickets.queries.people import able_in, is_able


@transaction.atomic
def transfer(
    *,
    ticket: Ticket,
    team: Team,
    to: User | None,
    words: str,
    hand_over: str,
    by: User,
    now: dt.datetime,
    seen_seq: int | None = None,
) -> Ticket:
    """Hand a ticket to another team (and maybe to a person of it).

    The customer is told in `words`, which go out as a message; the colleagues get
    `hand_over` as a note. Who transfers keeps sight of the ticket. Raises RuleError
    if the team is the same or given up, or nobody there can work on tickets, or the
    person cannot; NewerMessageError if the customer has written since `seen_seq`.
    """
    ticket = history.lock(ticket)
    _refuse(ticket, team, to)
    messages.refuse_unseen(ticket, seen_seq)
    before = ticket.team
    _keep_sight(ticket, by)
    message = say(ticket, words, by=by, now=now)
    letters.owe(ticket, LetterKind.TRANSFER, now=now, message=message)
    messages.append(ticket, MessageKind.NOTE, hand_over, author=by, now=now)
    old_assignee = ticket.assignee_id
    ticket.team = team
    ticket.assignee = to
    history.record(
        ticket,
        EventKind.TRANSFERRED,
        by=by,
        now=now,
        before=str(before.pk),
        after=str(team.pk),
        reason=hand_over,
    )
    finish(ticket, now=now)
    also = [f"team:{before.pk}", *([f"user:{old_assignee}"] if old_assignee else [])]
    history.tell(ticket, "ticket_transferred", *also)
    return ticket


def _refuse(ticket: Ticket, team: Team, to: User | None) -> None:
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
    if team.pk == ticket.team_id:
        raise RuleError(_("The ticket is with this team already."))
    if not able_in([team]).exists():
        raise RuleError(_("The team %(team)s takes no tickets.") % {"team": team})
    if to is not None and not is_able(to, team):
        raise RuleError(
            _("%(name)s is not in the team %(team)s.") % {"name": to, "team": team}
        )


def _keep_sight(ticket: Ticket, user: User) -> None:
    TicketUserObjectPermission.objects.get_or_create(
        user=user,
        content_object=ticket,
        permission=Permission.objects.get(
            codename="view_ticket", content_type__app_label="tickets"
        ),
    )


def end_sight(*, ticket: Ticket) -> None:
    """Take back the sight of those who handed the ticket over: it is closed."""
    TicketUserObjectPermission.objects.filter(content_object=ticket).delete()
