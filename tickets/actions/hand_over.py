"""Hand over what somebody holds who leaves: tickets and owed follow-ups, in portions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.batch import together
from servicedesk.audit.following import remember
from servicedesk.core.live.publish import publish
from servicedesk.staff.models import User
from servicedesk.staff.work import Given, HandOver, WorkKind
from tickets.actions import history
from tickets.models import (
    ACTIVE,
    OWED,
    Draft,
    EventKind,
    FollowUp,
    FollowUpStage,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from tickets.queries.people import places

# What is resolved may come back within its follow-up: it needs somebody, too.
HELD = (*ACTIVE, TicketStatus.RESOLVED)
EVERY = "*"


def held_tickets(user: User) -> dict[int, int]:
    """Count by team the tickets that are the person's and not over."""
    return _by_team(Ticket.objects.filter(assignee=user, status__in=HELD))


def held_follow_ups(user: User) -> dict[int, int]:
    """Count by team the follow-ups that the person owes."""
    return _by_team(FollowUp.objects.filter(owner=user, stage__in=OWED))


def heirs(teams: Iterable[int]) -> dict[int, set[int]]:
    """Return who can work on the tickets of each team now."""
    found: dict[int, set[int]] = {team: set() for team in teams}
    for place in places().filter(team__in=found):
        found[place.team_id].add(place.user_id)
    return found


@transaction.atomic
@together()
def hand_over_tickets(given: HandOver) -> Given:
    """Give the next tickets to the successors, each with its event."""
    rows = list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(assignee=given.user, status__in=HELD)
        .order_by("pk")[: given.limit]
    )
    receivers, told = _Receivers(given, {row.team_id for row in rows}), []
    for ticket in rows:
        remember(ticket)
        ticket.assignee_id = receivers.of(ticket.team_id)
        ticket.save(update_fields=["assignee"])
        told.append(_event(ticket, EventKind.ASSIGNED, given, ticket.assignee_id))
    history.write(told)
    _tell(rows, [row.assignee_id for row in rows])
    return Counter(row.assignee_id for row in rows)


@transaction.atomic
@together()
def hand_over_follow_ups(given: HandOver) -> Given:
    """Give the next follow-ups to the successors; calls that are due with an event."""
    owed = FollowUp.objects.filter(owner=given.user, stage__in=OWED)
    keys = owed.order_by("ticket_id").values_list("ticket_id", flat=True)
    # Tickets are locked before what hangs on them, everywhere.
    mine = Ticket.objects.filter(pk__in=list(keys[: given.limit])).order_by("pk")
    tickets = {row.pk: row for row in mine.select_for_update(of=("self",))}
    rows = list(owed.filter(ticket__in=tickets).select_for_update().order_by("pk"))
    receivers, told = _Receivers(given, {row.team_id for row in rows}), []
    for row in rows:
        remember(row)
        row.owner_id = receivers.of(row.team_id)
        row.save(update_fields=["owner"])
        if row.stage == FollowUpStage.CALL:
            ticket = tickets[row.ticket_id]
            told.append(_event(ticket, EventKind.CALL_DUE, given, row.owner_id))
    history.write(told)
    _tell(list(tickets.values()), [row.owner_id for row in rows])
    return Counter(row.owner_id for row in rows)


def forget_drafts(user: User) -> None:
    """Delete what the person had begun to write and never sent."""
    Draft.objects.filter(user=user).delete()


class _Receivers:
    """Who gets what in each team: the successor, else the lead, else the queue."""

    def __init__(self, given: HandOver, teams: set[int]) -> None:
        there = places().filter(team__in=teams).exclude(user=given.user)
        able: dict[int, list[Any]] = {team: [] for team in teams}
        for place in there.order_by("pk"):
            able[place.team_id].append(place)
        self._to = {
            team: _choose(given.successors.get(team), able[team]) for team in teams
        }

    def of(self, team: int) -> int | None:
        return self._to[team]


def _choose(successor: int | None, able: Sequence[Any]) -> int | None:
    if any(place.user_id == successor for place in able):
        return successor
    return next((place.user_id for place in able if place.lead), None)


def _event(
    ticket: Ticket, kind: EventKind, given: HandOver, to: int | None
) -> TicketEvent:
    return history.event(
        ticket,
        kind,
        by=given.by,
        now=given.now,
        before=str(given.user.pk) if kind == EventKind.ASSIGNED else "",
        after=str(to or ""),
    )


def _tell(tickets: Sequence[Ticket], people: Iterable[int | None]) -> None:
    """Tell the open browsers, by one word for the whole portion."""
    channels = {f"ticket:{ticket.pk}" for ticket in tickets}
    channels |= {f"team:{ticket.team_id}" for ticket in tickets}
    channels |= {f"user:{person}" for person in people if person}
    publish(channels=sorted(channels), kind="ticket_assigned", ref=EVERY)


def _by_team(rows: Any) -> dict[int, int]:
    counted = rows.order_by().values_list("team").annotate(number=Count("pk"))
    return dict(counted)


TICKETS = WorkKind(
    key="tickets.tickets",
    title=_("Tickets"),
    held=held_tickets,
    heirs=heirs,
    hand_over=hand_over_tickets,
)
FOLLOW_UPS = WorkKind(
    key="tickets.follow_ups",
    title=_("Follow-ups"),
    held=held_follow_ups,
    heirs=heirs,
    hand_over=hand_over_follow_ups,
)
