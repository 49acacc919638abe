"""Start, pause, resume and stop the service-level clocks of a ticket.

The live clocks of a locked ticket are read once and kept on the object: whoever holds
the lock is the only one to change them. Each function writes what it changed.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from servicedesk.core import clocks as pure
from servicedesk.core.actions.calendar import current_version
from servicedesk.core.models import BusinessCalendar, CalendarVersion
from servicedesk.staff.models import User
from tickets.actions.clock_rows import change, insert
from tickets.models import (
    LIVE,
    ClockInterval,
    ClockState,
    ClockTarget,
    ServiceClock,
    ServiceLevelVersion,
    Ticket,
)
from tickets.queries.frozen import level_version

_KEPT = "_live_clocks"


def start(ticket: Ticket, targets: Sequence[ClockTarget], *, now: dt.datetime) -> None:
    """Start a clock for each target that the ticket's service level promises."""
    version = _level(ticket)
    if version is None or not any(version.rule.get(one.value) for one in targets):
        return
    calendar = _calendar(version.rule["calendar_id"])
    live = _live(ticket)
    made = planned(ticket, targets, calendar=calendar, now=now)
    insert(made)
    live.extend(made)


def planned(
    ticket: Ticket,
    targets: Sequence[ClockTarget],
    *,
    calendar: CalendarVersion | None,
    now: dt.datetime,
) -> list[ServiceClock]:
    """Return the clocks of these targets as they begin, not written yet."""
    version = _level(ticket)
    if version is None or calendar is None:
        return []
    made = []
    for target in targets:
        seconds = version.rule.get(target.value)
        if not seconds:
            continue
        clock = ServiceClock(
            ticket=ticket,
            target=target,
            seconds=seconds,
            level=version,
            calendar=calendar,
            started_at=now,
            team_id=ticket.team_id,
        )
        _time(clock, [pure.Interval("running", now, None)], now)
        made.append(clock)
    return made


def begin(ticket: Ticket, made: list[ServiceClock]) -> None:
    """Keep the planned clocks of a new ticket, and the soonest due time on it."""
    setattr(ticket, _KEPT, made)
    refresh_due(ticket)


def pause(ticket: Ticket, *, now: dt.datetime) -> None:
    """Stop counting on every running clock: the customer's turn."""
    _switch(ticket, ClockState.RUNNING, ClockState.PAUSED, now)


def resume(ticket: Ticket, *, now: dt.datetime) -> None:
    """Count on: our turn again."""
    _switch(ticket, ClockState.PAUSED, ClockState.RUNNING, now)


def stop(
    ticket: Ticket, targets: Sequence[ClockTarget], *, by: User | None, now: dt.datetime
) -> None:
    """End the clocks: met or breached, credited to the person who acted.

    One that is paused is due again for the moment in which it ends.
    """
    ended = [clock for clock in _live(ticket) if clock.target in targets]
    for clock in ended:
        intervals = _intervals(clock)
        end = _not_before(intervals, now)
        if clock.state == ClockState.PAUSED:
            _switched(clock, intervals, ClockState.RUNNING, end)
        clock.elapsed = pure.elapsed(intervals, clock.calendar.calendar_value(), end)
        late = clock.elapsed > clock.seconds
        clock.state = ClockState.BREACHED if late else ClockState.MET
        if late and clock.breached_at is None:
            clock.breached_at = clock.due_at or now
        clock.stopped_at = now
        clock.met_by = by
        clock.team_id = ticket.team_id
    change(ended, end=now)
    _forget(ticket, ended)


def restore(
    ticket: Ticket, *, state: ClockState, stopped_at: dt.datetime, now: dt.datetime
) -> None:
    """Take back a stop: the time since then counts as if it had never stopped.

    `state` tells how the clock would have stood: a ticket that waited on the
    customer goes on waiting.
    """
    ended = Q(stopped_at=stopped_at, state__in=[ClockState.MET, ClockState.BREACHED])
    known = list(_rows(ticket).filter(ended | Q(state__in=LIVE)))
    stopped = [clock for clock in known if clock.stopped_at == stopped_at]
    begun = []
    for clock in stopped:
        intervals = _intervals(clock)
        start = _not_before(intervals, stopped_at)
        begun.append(start)
        _switched(clock, intervals, state, start, until=_not_before(intervals, now))
        clock.state = state
        clock.stopped_at = clock.met_by = clock.elapsed = None
    change(stopped, begin=begun)
    setattr(ticket, _KEPT, known)


def live_target(ticket: Ticket, target: ClockTarget) -> ServiceClock | None:
    """Return the live clock of this target, if there is one."""
    return next((one for one in _live(ticket) if one.target == target), None)


def refresh_due(ticket: Ticket) -> None:
    """Keep the soonest due time on the ticket, for ordering; the caller saves."""
    running = [
        (clock.due_at, clock)
        for clock in _live(ticket)
        if clock.state == ClockState.RUNNING and clock.due_at is not None
    ]
    soonest = min(running, key=lambda each: each[0])[1] if running else None
    ticket.due_at = soonest.due_at if soonest else None
    ticket.due_target = soonest.target if soonest else ""
    ticket.due_seconds = soonest.seconds if soonest else None


def _level(ticket: Ticket) -> ServiceLevelVersion | None:
    key = ticket.service_level_id
    return None if key is None else level_version(key)


def _calendar(pk: int) -> CalendarVersion:
    newest = CalendarVersion.objects.filter(calendar=pk).order_by("-number").first()
    # The other way to ask says in words what is wrong.
    return newest or current_version(BusinessCalendar.objects.get(pk=pk))


def _switch(
    ticket: Ticket, before: ClockState, after: ClockState, now: dt.datetime
) -> None:
    switched = [clock for clock in _live(ticket) if clock.state == before]
    begun = []
    for clock in switched:
        intervals = _intervals(clock)
        at = _not_before(intervals, now)
        _switched(clock, intervals, after, at)
        clock.state = after
        begun.append(at)
    change(switched, end=now)
    change(switched, begin=begun)


def _not_before(intervals: Sequence[pure.Interval], now: dt.datetime) -> dt.datetime:
    """Return `now`, but no moment before the last one that the clock knows.

    The machine that acts may be behind the one that acted before: then no time has
    passed, rather than less than none.
    """
    last = [moment for one in intervals[-1:] for moment in (one.start, one.end)]
    return max([now, *(moment for moment in last if moment is not None)])


def _switched(
    clock: ServiceClock,
    intervals: list[pure.Interval],
    state: ClockState,
    at: dt.datetime,
    *,
    until: dt.datetime | None = None,
) -> None:
    """End the open interval and begin another, in memory; reckon the due time anew."""
    ended = [pure.Interval(one.state, one.start, one.end or at) for one in intervals]
    intervals[:] = [*ended, pure.Interval(state.value, at, None)]  # type: ignore[arg-type]
    clock.stretches = [  # type: ignore[attr-defined]
        {"state": one.state, "start": one.start, "end": one.end} for one in intervals
    ]
    _time(clock, intervals, until or at)


def _live(ticket: Ticket) -> list[ServiceClock]:
    kept: list[ServiceClock] | None = ticket.__dict__.get(_KEPT)
    if kept is None:
        kept = list(_rows(ticket).filter(state__in=LIVE))
        setattr(ticket, _KEPT, kept)
    return kept


def _forget(ticket: Ticket, ended: Iterable[ServiceClock]) -> None:
    over = {clock.pk for clock in ended}
    setattr(ticket, _KEPT, [one for one in _live(ticket) if one.pk not in over])


def _rows(ticket: Ticket) -> Any:
    """Ask for clocks with their calendar and their intervals, in one query."""
    intervals = ClockInterval.objects.filter(clock=OuterRef("pk"))
    stretch = JSONObject(state="state", start="start", end="end")
    return (
        ticket.clocks.select_related("calendar")
        .annotate(
            stretches=ArraySubquery(
                intervals.order_by("start", "id").values(stretch=stretch)
            )
        )
        .order_by("id")
    )


def _intervals(clock: ServiceClock) -> list[pure.Interval]:
    found: list[dict[str, Any]] = getattr(clock, "stretches", [])
    return [
        pure.Interval(one["state"], _moment(one["start"]), _moment(one["end"]))  # type: ignore[arg-type]
        for one in found
    ]


def _moment(written: str | dt.datetime | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(written) if isinstance(written, str) else written


def _time(
    clock: ServiceClock, intervals: Sequence[pure.Interval], now: dt.datetime
) -> None:
    calendar = clock.calendar.calendar_value()
    clock.due_at = pure.due_at(intervals, calendar, clock.seconds, now)
    clock.warn_at = pure.warn_at(intervals, calendar, clock.seconds, now)
