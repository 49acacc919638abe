"""Transfer (转接): hand a ticket to another team, explained to the customer."""

import datetime as dt
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team, User
from tickets.actions import history, letters, messages, notices
from tickets.actions.reply import answered, finish
from tickets.models import (
    EventKind,
    LetterKind,
    Message,
    MessageKind,
    Ticket,
    TicketUserObjectPermission,
)
from tickets.queries.people import able_in, refuse_uncleared


@transaction.atomic
@together()
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
    ticket = history.lock(ticket, seen_seq=seen_seq)
    sight = _sight(ticket, by, team, to)
    _refuse(ticket, team, to, sight)
    messages.refuse_unseen(ticket, seen_seq)
    before, old_assignee = ticket.team, ticket.assignee_id
    _keep(sight, ticket, by)
    _explain(ticket, words, hand_over, by=by, now=now)
    ticket.team, ticket.assignee = team, to
    event = history.record(
        ticket,
        EventKind.TRANSFERRED,
        by=by,
        now=now,
        before=str(before.pk),
        after=str(team.pk),
        reason=hand_over,
    )
    notices.tell(ticket, notices.TRANSFERRED, event=event.pk, by=by, now=now)
    finish(ticket, now=now)
    also = [f"team:{before.pk}", *([f"user:{old_assignee}"] if old_assignee else [])]
    history.tell(ticket, "ticket_transferred", *also)
    return ticket


def _explain(
    ticket: Ticket, words: str, hand_over: str, *, by: User, now: dt.datetime
) -> None:
    """Tell the customer in `words`, and the colleagues in a note."""
    message = messages.following(
        ticket, MessageKind.OUTBOUND, words, author=by, now=now
    )
    note = messages.following(ticket, MessageKind.NOTE, hand_over, author=by, now=now)
    Message.objects.bulk_create([message, note])
    answered(ticket, by=by, now=now)
    letters.owe(ticket, LetterKind.TRANSFER, now=now, message=message)


def _sight(ticket: Ticket, by: User, team: Team, to: User | None) -> Permission:
    """Return the permission to see a ticket, and who has it and who could work on it.

    One query for `held` (by whoever transfers), `taken` (somebody of the team can
    work) and `able` (the person can).
    """
    held = TicketUserObjectPermission.objects.filter(
        user=by, content_object=ticket, permission=OuterRef("pk")
    )
    there = able_in([team]).order_by()
    found: Permission = (
        Permission.objects.select_related("content_type")
        .annotate(
            held=Exists(held),
            taken=Exists(there),
            able=Exists(there.filter(pk=to.pk) if to else there.none()),
        )
        .get(codename="view_ticket", content_type__app_label="tickets")
    )
    return found


def _refuse(ticket: Ticket, team: Team, to: User | None, sight: Any) -> None:
    if not ticket.active:
        raise RuleError(_("This ticket is over. Reopen it first."))
    if team.pk == ticket.team_id:
        raise RuleError(_("The ticket is with this team already."))
    if not sight.taken:
        raise RuleError(_("The team %(team)s takes no tickets.") % {"team": team})
    if to is not None and not sight.able:
        refuse_uncleared(to)
        raise RuleError(
            _("%(name)s is not in the team %(team)s.") % {"name": to, "team": team}
        )


def _keep(sight: Any, ticket: Ticket, user: User) -> None:
    if not sight.held:
        TicketUserObjectPermission.objects.create(
            user=user, content_object=ticket, permission=sight
        )


def end_sight(*, ticket: Ticket) -> None:
    """Take back the sight of those who handed the ticket over: it is closed."""
    TicketUserObjectPermission.objects.filter(content_object=ticket).delete()
