"""The supervisor's page: today's numbers, who has what, and what is about to go wrong.

Everything here is narrowed to the tickets that the reader may see, of the active teams
that the reader belongs to; a number and the list behind it come from one condition.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.core.clocks import chip
from servicedesk.staff.models import Membership, PresenceState, User
from servicedesk.staff.queries import team_ids
from tickets.models import (
    ACTIVE,
    ClockState,
    ClockTarget,
    FollowUp,
    FollowUpStage,
    ServiceClock,
    Ticket,
    TicketStatus,
)
from tickets.queries.by_team import first_of_teams
from tickets.queries.queues import Queue
from tickets.queries.rows import Mark, Row, rows_of, shown_of, with_names
from tickets.queries.seen import of_seen_tickets

SHOWN = 10
SOON = dt.timedelta(hours=1)
"""What is due within this time is about to breach, warned of or not."""
_CLOCKS_PER_TICKET = len(ClockTarget)


@dataclass(frozen=True)
class Day:
    """From a midnight up to, and without, the next."""

    start: dt.datetime
    end: dt.datetime

    def holds(self, field: str) -> Q:
        """Return the condition that a field lies within the day."""
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})


def day_of(now: dt.datetime) -> Day:
    """Return today by the clock on the reader's wall: the time zone in use."""
    zone = timezone.get_current_timezone()
    date = now.astimezone(zone).date()
    midnights = (
        dt.datetime.combine(date + dt.timedelta(days=days), dt.time(), zone)
        for days in (0, 1)
    )
    return Day(*midnights)


def tickets_of(user: User) -> QuerySet[Ticket]:
    """Return the tickets of the reader's teams that the reader may see."""
    return Ticket.objects.in_teams_of(user)


def received_on(day: Day) -> Q:
    """Return the condition for what came in on the day; spam is no request."""
    return day.holds("created_at") & ~Q(status=TicketStatus.SPAM)


def resolved_on(day: Day) -> Q:
    """Return the condition for what was resolved on the day and not opened since."""
    return day.holds("resolved_at")


def today(user: User, *, now: dt.datetime) -> dict[str, int]:
    """Count what was received and what was resolved today, each along its index."""
    day, tickets = day_of(now), tickets_of(user)
    return {
        "received": tickets.filter(received_on(day)).count(),
        "resolved": tickets.filter(resolved_on(day)).count(),
    }


@dataclass(frozen=True)
class Load:
    """The open tickets of one team that one person has; of nobody: unassigned."""

    team: int
    person: int | None
    open: int
    late: int


def loads(user: User, *, now: dt.datetime) -> list[Load]:
    """Return who has how many open tickets, counted along two indexes."""
    active: QuerySet[Ticket] = tickets_of(user).active()  # type: ignore[attr-defined]  # the plugin loses the queryset's class
    late = _by_place(active.filter(due_at__lt=now))
    return [
        Load(team, person, number, late.get((team, person), 0))
        for (team, person), number in _by_place(active).items()
    ]


def _by_place(tickets: QuerySet[Ticket]) -> dict[tuple[int, int | None], int]:
    found = tickets.order_by().values_list("team_id", "assignee_id")
    return {
        (team, person): number
        for team, person, number in found.annotate(number=Count("*"))
    }


def teams(user: User, held: Sequence[Load]) -> list[dict[str, Any]]:
    """Return each team of the reader with its members and what they have.

    Who still holds tickets without being a member (any more) stands at the end.
    """
    by_place = {(each.team, each.person): each for each in held}
    found: dict[int, dict[str, Any]] = {}
    for one in _members(user):
        team = found.setdefault(one.team_id, _team(one, by_place))
        team["rows"].append(
            _member(one, by_place.pop((one.team_id, one.user_id), None))
        )
    left = [load for load in by_place.values() if load.person is not None]
    names = _names([load.person for load in left if load.person is not None])
    for load in left:
        if load.team in found:
            found[load.team]["rows"].append(_stranger(load, names))
    return list(found.values())


def _names(people: Collection[int]) -> dict[int, str]:
    known = User.objects.filter(pk__in=people) if people else ()
    return {one.pk: str(one) for one in known}


def _members(user: User) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(team__in=team_ids(user), user__is_active=True)
        .select_related("team", "user__presence")
        .order_by("team__slug", "-lead", "user__display_name", "pk")
    )


def _team(
    one: Membership, held: Mapping[tuple[int, int | None], Load]
) -> dict[str, Any]:
    waiting = held.get((one.team_id, None))
    return {
        "id": one.team_id,
        "name": one.team.label,
        "unassigned": waiting.open if waiting else 0,
        "rows": [],
    }


def _member(one: Membership, load: Load | None) -> dict[str, Any]:
    presence = getattr(one.user, "presence", None)
    state = PresenceState(presence.state if presence else PresenceState.OFFLINE)
    return {
        "id": one.user_id,
        "team": one.team_id,
        "name": str(one.user),
        "initials": one.user.initials,
        "presence": state.value,
        "presence_label": state.label,
        "open": load.open if load else 0,
        "capacity": presence.ticket_capacity if presence else None,
        "breached": load.late if load else 0,
    }


def _stranger(load: Load, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": load.person,
        "team": load.team,
        "name": names.get(load.person or 0, ""),
        "initials": "",
        "presence": PresenceState.OFFLINE.value,
        "presence_label": _("no longer in this team"),
        "open": load.open,
        "capacity": None,
        "breached": load.late,
    }


def at_risk(user: User, *, now: dt.datetime) -> list[Row]:
    """Return the tickets with a promise that is warned of or due soon, soonest first."""
    clocks = (
        of_seen_tickets(ServiceClock.objects.all(), user)
        .filter(
            Q(warn_at__lte=now) | Q(due_at__lte=now + SOON),
            state=ClockState.RUNNING,
            breached_at=None,
            due_at__gte=now,
            ticket__team__in=team_ids(user),
            ticket__status__in=ACTIVE,
        )
        .select_related("ticket__customer", "ticket__assignee")
        .only("target", "seconds", "due_at", "warn_at", *shown_of("ticket"))
        .order_by("due_at", "id")[: SHOWN * _CLOCKS_PER_TICKET]
    )
    soonest: dict[object, ServiceClock] = {}
    for clock in clocks:
        soonest.setdefault(clock.ticket_id, clock)
    chosen = list(soonest.values())[:SHOWN]
    return _with_marks(
        rows_of([each.ticket for each in chosen], reader=user, now=now),
        [_mark(each, now) for each in chosen],
    )


def _mark(clock: ServiceClock, now: dt.datetime) -> Mark:
    state = chip(clock.due_at, clock.seconds, now, "running", warns=clock.warn_at)
    return Mark(state, clock.due_at, str(ClockTarget(clock.target).label))


def _with_marks(rows: Iterable[Row], marks: Iterable[Mark]) -> list[Row]:
    return [replace(row, clock=mark) for row, mark in zip(rows, marks, strict=True)]


def breached(user: User, *, now: dt.datetime) -> list[Row]:
    """Return the open tickets whose promise is broken now, longest first."""
    late, order = Ticket.objects.active().filter(due_at__lt=now), ("due_at", "pk")
    first = first_of_teams(late, user, order=order, most=SHOWN)
    rows = with_names(first.order_by(*order)[:SHOWN])
    return rows_of(rows, reader=user, now=now)


def calls_due(user: User) -> QuerySet[FollowUp]:
    """Return the follow-ups of the teams that need a call, missed ones too."""
    calls = FollowUp.objects.filter(stage=FollowUpStage.CALL, team__in=team_ids(user))
    return of_seen_tickets(calls, user).order_by("due_at", "pk")


def list_of(
    key: str, *, team: int | None = None, person: int | None = None
) -> Queue | None:
    """Return the list behind a figure; None if no figure has this key."""
    known = _LISTS.get(key)
    if known is None:
        return None
    exactly: dict[str, int] = {}
    if team is not None:
        exactly["team"] = team
    if person is not None:
        exactly["assignee"] = person

    def narrow(
        tickets: QuerySet[Ticket], user: User, now: dt.datetime
    ) -> QuerySet[Ticket]:
        return known.narrow(tickets, user, now).filter(**exactly)

    return replace(known, narrow=narrow, in_teams=True)


def _received(
    tickets: QuerySet[Ticket], _user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    return tickets.filter(received_on(day_of(now)))


def _resolved(
    tickets: QuerySet[Ticket], _user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    return tickets.filter(resolved_on(day_of(now)))


def _open(
    tickets: QuerySet[Ticket], _user: User, _now: dt.datetime
) -> QuerySet[Ticket]:
    return tickets.active()  # type: ignore[attr-defined, no-any-return]


_NEWEST = _("Newest first")
_LISTS = {
    queue.key: queue
    for queue in (
        Queue("received", _("Received today"), "inbox", _received,
              ("-created_at", "-id"), _NEWEST),
        Queue("resolved", _("Resolved today"), "check", _resolved,
              ("-resolved_at", "-id"), _NEWEST),
        Queue("open", _("Open now"), "users", _open, ("-changed_at", "-id"), _NEWEST),
    )
}  # fmt: skip
