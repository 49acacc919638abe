"""Figures of today's service, counted from the tickets themselves.

Each figure says its formula beside its code. All are narrowed to the tickets that the
reader may see, in the teams that the reader belongs to, by the reader's own midnight.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids
from tickets.models import (
    DUE_AFTER,
    OWED,
    TRIES,
    Channel,
    ClockState,
    ClockTarget,
    EventKind,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    ServiceClock,
    Ticket,
    TicketEvent,
)
from tickets.queries.desk import Day, day_of, tickets_of
from tickets.queries.queues import Queue
from tickets.queries.seen import of_seen_tickets

MEDIAN, TAIL = 0.5, 0.9


class Percentile(Aggregate):
    """The value that the given share of rows does not exceed, between two rows if need be."""

    function = "PERCENTILE_CONT"
    name = "percentile"
    output_field = FloatField()
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: str, share: float, **extra: Any) -> None:
        super().__init__(expression, share=float(share), **extra)


@dataclass(frozen=True)
class Answers:
    """How fast promises of one kind were kept: seconds of open time, and how many."""

    count: int
    met: int
    median: float | None
    tail: float | None

    @property
    def share(self) -> float | None:
        """Return met ÷ count; None where nothing was answered."""
        return self.met / self.count if self.count else None


@dataclass(frozen=True)
class FollowUps:
    """The follow-ups whose 48 hours end today: due = kept + missed + open."""

    due: int
    kept: int
    missed: int

    @property
    def open(self) -> int:
        return self.due - self.kept - self.missed


_ANSWERS = {
    "count": Count("pk"),
    "met": Count("pk", filter=Q(state=ClockState.MET)),
    "median": Percentile("elapsed", MEDIAN),
    "tail": Percentile("elapsed", TAIL),
}


def ended_today(user: User, target: ClockTarget, day: Day) -> QuerySet[ServiceClock]:
    """Return the clocks of a target that an act of a person ended on the day.

    A first response ends with the first public message of a person, a resolution with
    the resolving; the seconds are those that the service level's calendar was open.
    """
    ended = ServiceClock.objects.filter(
        day.holds("stopped_at"),
        target=target,
        state__in=[ClockState.MET, ClockState.BREACHED],
        team__in=team_ids(user),
    )
    return of_seen_tickets(ended, user)


def answers(user: User, target: ClockTarget, *, now: dt.datetime) -> Answers:
    """Return median, 90th percentile and share within target, of all channels."""
    return Answers(**ended_today(user, target, day_of(now)).aggregate(**_ANSWERS))


def answers_by_channel(
    user: User, target: ClockTarget, *, now: dt.datetime
) -> dict[Channel, Answers]:
    """Return the same for each channel in which anything was answered."""
    found = (
        ended_today(user, target, day_of(now))
        .order_by()
        .values(channel=F("ticket__channel"))
        .annotate(**_ANSWERS)
    )
    rows = cast("Iterable[dict[str, Any]]", found)
    by_channel = {each.pop("channel"): Answers(**each) for each in rows}
    return {one: by_channel[one] for one in Channel if one in by_channel}


def due_follow_ups(user: User, day: Day) -> QuerySet[FollowUp]:
    """Return the follow-ups whose 48 hours end on the day.

    One that was cancelled because the ticket was reopened in time was never due; one
    that was missed stays missed, whatever came after.
    """
    # What is over ended at the earliest when its 48 hours began: this keeps the search
    # within an index.
    recent = Q(done_at__gte=day.start - DUE_AFTER) | Q(stage__in=OWED)
    spared = Q(stage=FollowUpStage.CANCELLED, missed_at__isnull=True)
    due = FollowUp.objects.filter(
        recent,
        day.holds("due_at"),
        ~spared,
        team__in=team_ids(user),
    )
    return of_seen_tickets(due, user)


def follow_ups(user: User, *, now: dt.datetime) -> FollowUps:
    """Count the follow-ups due today, as due = kept + missed + open.

    Kept: done before it was due, and the customer was heard (satisfied or not) or
    called in vain at least TRIES times. Missed: not done when it was due, also before
    the sweep has noted it; or given up as unreachable after fewer tries.
    """
    given_up = Q(
        stage=FollowUpStage.DONE,
        outcome=FollowUpOutcome.UNREACHABLE,
        tries__lt=TRIES,
    )
    late = Q(missed_at__isnull=False) | Q(stage__in=OWED, due_at__lt=now)
    missed = late | given_up
    kept = Q(stage=FollowUpStage.DONE, missed_at__isnull=True) & ~given_up
    found = due_follow_ups(user, day_of(now)).aggregate(
        due=Count("pk"),
        kept=Count("pk", filter=kept),
        missed=Count("pk", filter=missed),
    )
    return FollowUps(**found)


def reopenings(user: User, day: Day) -> QuerySet[TicketEvent]:
    """Return each time that a ticket was opened again on the day."""
    return TicketEvent.objects.filter(
        day.holds("at"),
        kind=EventKind.REOPENED,
        # A reopening changes its ticket: so few tickets need to be looked at.
        ticket__in=tickets_of(user).filter(changed_at__gte=day.start),
    )


def reopened(user: User, *, now: dt.datetime) -> int:
    """Count the tickets that were opened again today, each once."""
    found = reopenings(user, day_of(now)).aggregate(
        tickets=Count("ticket", distinct=True)
    )
    return int(found["tickets"])


Behind = Callable[[User, Day], QuerySet[Any]]


def _first(user: User, day: Day) -> QuerySet[Any]:
    return ended_today(user, ClockTarget.FIRST_RESPONSE, day).values("ticket")


def _resolution(user: User, day: Day) -> QuerySet[Any]:
    return ended_today(user, ClockTarget.RESOLUTION, day).values("ticket")


def _follow_ups(user: User, day: Day) -> QuerySet[Any]:
    return due_follow_ups(user, day).values("ticket")


def _reopened(user: User, day: Day) -> QuerySet[Any]:
    return reopenings(user, day).values("ticket")


_BEHIND: dict[str, tuple[str | Promise, Behind]] = {
    "first-response": (_("First answered today"), _first),
    "resolution": (_("Resolutions that ended today"), _resolution),
    "follow-ups": (_("Follow-ups due today"), _follow_ups),
    "reopened": (_("Reopened today"), _reopened),
}


def list_of(figure: str) -> Queue | None:
    """Return the tickets behind a figure as a queue; None if there is no such figure."""
    if figure not in _BEHIND:
        return None
    title, behind = _BEHIND[figure]

    def narrow(
        tickets: QuerySet[Ticket], user: User, now: dt.datetime
    ) -> QuerySet[Ticket]:
        return tickets.filter(pk__in=behind(user, day_of(now)))

    order = ("-changed_at", "-id")
    return Queue(figure, title, "chart", narrow, order, _("Newest first"))
