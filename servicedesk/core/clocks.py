"""Service-level clocks: how much open time has run, and when the target is used up.

Pure: a clock is a list of intervals, each running or paused, in order of time.
What lies after `now` is not known yet, so intervals are read only up to `now`.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from servicedesk.core.calendars import Calendar, add, duration, open_time

IntervalState = Literal["running", "paused"]
ClockState = Literal["running", "paused", "met", "breached"]
Chip = Literal["ok", "warn", "breached", "paused", "met"]

WARN_SHARE = 0.25
"""The share of the target that is left when a clock begins to warn."""
_LEAST_WARNING = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Interval:
    """A stretch of a clock's life; an `end` of None means that it still lasts.

    :raises ValueError: if a moment has no time zone, or the end is before the start.
    """

    state: IntervalState
    start: dt.datetime
    end: dt.datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end and self.end.tzinfo is None):
            raise ValueError("A moment needs a time zone")
        if self.end is not None and _utc(self.end) < _utc(self.start):
            raise ValueError("An interval cannot end before it starts")


def elapsed(
    intervals: Iterable[Interval], calendar: Calendar, now: dt.datetime
) -> float:
    """Tell the open seconds that the clock has run up to `now`.

    :raises ValueError: if intervals overlap or are out of order.
    """
    return _run(_known(intervals, now), calendar, now).total_seconds()


def remaining(
    intervals: Iterable[Interval],
    calendar: Calendar,
    target_seconds: float | Decimal,
    now: dt.datetime,
) -> float:
    """Tell the open seconds left of the target; negative once it is overrun.

    :raises ValueError: if intervals overlap or are out of order.
    """
    ran = _run(_known(intervals, now), calendar, now)
    return (duration(target_seconds) - ran).total_seconds()


def due_at(
    intervals: Iterable[Interval],
    calendar: Calendar,
    target_seconds: float | Decimal,
    now: dt.datetime,
) -> dt.datetime | None:
    """Tell the moment (UTC) when the target is, or was, used up.

    None while the clock does not run and the target is not used up: a paused clock
    has no due time. A target that was used up before the pause stays due then, so
    that no pause can hide a breach.

    :raises ValueError: if intervals overlap or are out of order.
    :raises CalendarNeverOpens: if the calendar stays shut for 400 days on the way.
    """
    left = duration(target_seconds)
    for interval in _known(intervals, now):
        if interval.state == "paused":
            continue
        if interval.end is not None:
            ran = open_time(calendar, interval.start, interval.end)
            if ran < left:
                left -= ran
                continue
        seconds = Decimal(left // dt.timedelta(microseconds=1)) / 1_000_000
        return add(calendar, interval.start, seconds)
    return None


def warn_at(
    intervals: Iterable[Interval],
    calendar: Calendar,
    target_seconds: float | Decimal,
    now: dt.datetime,
) -> dt.datetime | None:
    """Tell the moment (UTC) when only the warning share of the target is left.

    None exactly when `due_at` could be None for that shorter target.
    """
    target = duration(target_seconds)
    early = max(target - _warning(target), dt.timedelta())
    return due_at(intervals, calendar, early.total_seconds(), now)


def chip(
    due: dt.datetime | None,
    target_seconds: float | Decimal,
    now: dt.datetime,
    state: ClockState,
    *,
    warns: dt.datetime | None = None,
) -> Chip:
    """Choose the mark that a list shows for a clock.

    A clock that ended keeps its verdict. One that lasts is breached after its due
    time, even when paused since. It warns from `warns` on (see `warn_at`); without
    that, when a quarter of the target, and at least a second, is left by the wall
    clock. Without a due time it counts as paused.
    """
    if state in {"met", "breached"}:
        return "met" if state == "met" else "breached"
    if due is not None and _utc(now) > _utc(due):
        return "breached"
    if state == "paused" or due is None:
        return "paused"
    begins = warns or _utc(due) - _warning(duration(target_seconds))
    return "warn" if _utc(now) >= _utc(begins) else "ok"


def _warning(target: dt.timedelta) -> dt.timedelta:
    return max(target * WARN_SHARE, _LEAST_WARNING)


def _run(
    intervals: Sequence[Interval], calendar: Calendar, now: dt.datetime
) -> dt.timedelta:
    running = (one for one in intervals if one.state == "running")
    return sum(
        (open_time(calendar, one.start, one.end or now) for one in running),
        dt.timedelta(),
    )


def _known(intervals: Iterable[Interval], now: dt.datetime) -> list[Interval]:
    """Check the order, and cut away what lies after `now`."""
    everything = [
        Interval(one.state, _utc(one.start), _utc(one.end) if one.end else None)
        for one in intervals
    ]
    for before, after in pairwise(everything):
        if before.end is None or before.end > after.start:
            raise ValueError("Intervals overlap or are out of order")
    now = _utc(now)
    return [
        Interval(one.state, one.start, one.end if one.end and one.end <= now else None)
        for one in everything
        if one.start <= now
    ]


def _utc(at: dt.datetime) -> dt.datetime:
    """Compare in UTC only: within one zone, Python compares wall clocks."""
    return at.astimezone(dt.UTC)
