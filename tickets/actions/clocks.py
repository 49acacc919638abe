"""Start, pause, resume and stop the service-level clocks of a ticket."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import QuerySet

from servicedesk.core import clocks as pure
from servicedesk.core.actions.calendar import current_version
from servicedesk.core.models import BusinessCalendar, CalendarVersion
from servicedesk.staff.models import User
from tickets.models import (
    LIVE,
    ClockInterval,
    ClockState,
    ClockTarget,
    ServiceClock,
    Ticket,
)


def start(ticket: Ticket, targets: Sequence[ClockTarget], *, now: dt.datetime) -> None:
    """Start a clock for each target that the ticket's service level promises."""
    version = ticket.service_level
    if version is None:
        return
    promised = {one: version.rule.get(one.value) for one in targets}
    promised = {one: seconds for one, seconds in promised.items() if seconds}
    if not promised:
        return
    calendar = current_version(
        BusinessCalendar.objects.get(pk=version.rule["calendar_id"])
    )
    made = []
    for target, seconds in promised.items():
        clock = ServiceClock(
            ticket=ticket,
            target=target,
            seconds=seconds,
            level=version,
            calendar=calendar,
            started_at=now,
            team_id=ticket.team_id,
        )
        _time(clock, [pure.Interval("running", now, None)], calendar, now)
        made.append(clock)
    ServiceClock.objects.bulk_create(made)
    ClockInterval.objects.bulk_create(
        ClockInterval(clock=clock, state="running", start=now) for clock in made
    )


def pause(ticket: Ticket, *, now: dt.datetime) -> None:
    """Stop counting on every running clock: the customer's turn."""
    _switch(ticket, "running", "paused", now)


def resume(ticket: Ticket, *, now: dt.datetime) -> None:
    """Count on: our turn again."""
    _switch(ticket, "paused", "running", now)


def stop(
    ticket: Ticket, targets: Sequence[ClockTarget], *, by: User | None, now: dt.datetime
) -> None:
    """End the clocks: met or breached, credited to the person who acted."""
    for clock in _live(ticket).filter(target__in=targets):
        intervals = _intervals(clock)
        calendar = clock.calendar.calendar_value()
        clock.elapsed = pure.elapsed(intervals, calendar, now)
        late = clock.elapsed > clock.seconds
        clock.state = ClockState.BREACHED if late else ClockState.MET
        if late and clock.breached_at is None:
            clock.breached_at = clock.due_at or now
        clock.stopped_at = now
        clock.met_by = by
        clock.team_id = ticket.team_id
        clock.save()
        clock.intervals.filter(end__isnull=True).update(end=now)


def restore(
    ticket: Ticket, *, state: ClockState, stopped_at: dt.datetime, now: dt.datetime
) -> None:
    """Take back a stop: the time since then counts as if it had never stopped.

    `state` tells how the clock would have stood: a ticket that waited on the
    customer goes on waiting.
    """
    stopped = ticket.clocks.select_related("calendar").filter(
        stopped_at=stopped_at, state__in=[ClockState.MET, ClockState.BREACHED]
    )
    for clock in stopped:
        ClockInterval.objects.create(clock=clock, state=state, start=stopped_at)
        clock.state = state
        clock.stopped_at = clock.met_by = clock.elapsed = None
        _time(clock, _intervals(clock), clock.calendar, now)
        clock.save()


def refresh_due(ticket: Ticket) -> None:
    """Keep the soonest due time on the ticket, for ordering; the caller saves."""
    running = ticket.clocks.filter(state=ClockState.RUNNING).order_by("due_at").first()
    ticket.due_at = running.due_at if running else None
    ticket.due_target = running.target if running else ""
    ticket.due_seconds = running.seconds if running else None


def _switch(ticket: Ticket, before: str, after: str, now: dt.datetime) -> None:
    for clock in _live(ticket).filter(state=before):
        clock.intervals.filter(end__isnull=True).update(end=now)
        ClockInterval.objects.create(clock=clock, state=after, start=now)
        clock.state = ClockState(after)
        _time(clock, _intervals(clock), clock.calendar, now)
        clock.save()


def _live(ticket: Ticket) -> QuerySet[ServiceClock]:
    return (
        ticket.clocks.select_for_update(of=("self",))
        .select_related("calendar")
        .filter(state__in=LIVE)
    )


def _intervals(clock: ServiceClock) -> list[pure.Interval]:
    rows = clock.intervals.order_by("start", "id")
    return [pure.Interval(row.state, row.start, row.end) for row in rows]  # type: ignore[arg-type]


def _time(
    clock: ServiceClock,
    intervals: Sequence[pure.Interval],
    version: CalendarVersion,
    now: dt.datetime,
) -> None:
    calendar = version.calendar_value()
    clock.due_at = pure.due_at(intervals, calendar, clock.seconds, now)
    clock.warn_at = pure.warn_at(intervals, calendar, clock.seconds, now)
