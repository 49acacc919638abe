"""Business calendars: when a desk is open, and how much open time has passed.

Pure: values in, values out; nothing here reads the clock or the database.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError

Window = tuple[dt.time, dt.time]
"""Opening and closing time on the wall; a closing time of 00:00 means 24:00."""
Windows = tuple[Window, ...]
Span = tuple[dt.datetime, dt.datetime]

HORIZON_DAYS = 400
"""A calendar that stays shut for this many days is taken never to open again."""
WORKING_DAY_SECONDS = 8 * 60 * 60
"""What "one working day" means as a target: the open seconds of a normal day."""

MONDAY = 0
_ONE_DAY = dt.timedelta(days=1)
_MINUTES_A_DAY = 24 * 60
_CACHED_DAYS = 4096


class CalendarError(RuleError):
    """The opening hours contradict themselves; the message says where."""


class CalendarNeverOpens(RuleError):  # noqa: N818 (it is an answer)
    """No open moment in the next 400 days, so no due time can be given."""


@dataclass(frozen=True)
class Calendar:
    """When a desk is open, by the wall clock of one time zone.

    `windows` maps a weekday (Monday is 0) to the day's windows, in order. On a date
    in `holidays` it stays shut. A date in `workdays` (make-up workdays, 调休) is open
    whatever its weekday: in the given windows, or in Monday's where None is given.
    With `always_open` all the rest is ignored.

    :raises CalendarError: if windows overlap, are out of order or empty, if a date is
        both holiday and workday, or if the zone is unknown.
    """

    zone: str
    windows: Mapping[int, Windows] = field(default_factory=dict, hash=False)
    holidays: frozenset[dt.date] = frozenset()
    workdays: Mapping[dt.date, Windows | None] = field(default_factory=dict, hash=False)
    always_open: bool = False
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _spans: dict[dt.date, tuple[Span, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for name in ("windows", "workdays"):
            frozen = MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)
        object.__setattr__(self, "_zone", zone_named(self.zone))
        for windows in (*self.windows.values(), *self.workdays.values()):
            check_windows(windows or ())
        if not set(self.windows) <= set(range(7)):
            raise CalendarError(_("A week has the days Monday to Sunday only."))
        if both := self.holidays & self.workdays.keys():
            raise CalendarError(
                _("%(date)s cannot be both a holiday and a workday.")
                % {"date": min(both).isoformat()}
            )

    def hours(self, day: dt.date) -> Windows:
        """Tell the windows of one date, as the wall clock shows them."""
        if day in self.workdays:
            own = self.workdays[day]
            return self.windows.get(MONDAY, ()) if own is None else own
        if day in self.holidays:
            return ()
        return self.windows.get(day.weekday(), ())

    def local_date(self, at: dt.datetime) -> dt.date:
        """Tell which date the wall calendar shows at that moment."""
        return at.astimezone(self._zone).date()

    def spans(self, day: dt.date) -> tuple[Span, ...]:
        """Tell the open spans of one date as UTC moments, in order."""
        known = self._spans.get(day)
        if known is None:
            if len(self._spans) >= _CACHED_DAYS:
                self._spans.clear()
            known = self._spans[day] = _utc_spans(self._zone, day, self.hours(day))
        return known


def add(
    calendar: Calendar, start: dt.datetime, seconds: float | Decimal
) -> dt.datetime:
    """Tell the first moment when `seconds` of open time have passed since `start`.

    Zero seconds is `start` itself, open or not. Time that is used up exactly at
    closing ends at closing, not at the next opening. The answer is in UTC.

    :raises CalendarNeverOpens: if the calendar stays shut for 400 days on the way.
    """
    left, start = duration(seconds), _utc(start)
    if left < dt.timedelta():
        raise ValueError("A span of open time cannot be negative")
    if calendar.always_open or not left:
        return start + left
    for opens, closes in _spans_after(calendar, start):
        begins = max(opens, start)
        if left <= closes - begins:
            return begins + left
        left -= closes - begins
    raise AssertionError("spans never end quietly")  # pragma: no cover


def open_time(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """Tell how long the calendar was open from `start` to `end`, to the microsecond.

    An `end` before `start` is no time at all.
    """
    start, end = _utc(start), _utc(end)
    if end <= start:
        return dt.timedelta()
    if calendar.always_open:
        return end - start
    total = dt.timedelta()
    # A day more on both sides: a clock that is put back can show a date twice.
    day, last = calendar.local_date(start) - _ONE_DAY, calendar.local_date(end)
    while day <= last + _ONE_DAY:
        for opens, closes in calendar.spans(day):
            if opens < end and closes > start:
                total += min(closes, end) - max(opens, start)
        day += _ONE_DAY
    return total


def open_seconds(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> float:
    """Tell the open seconds from `start` to `end`; see `open_time`."""
    return open_time(calendar, start, end).total_seconds()


def is_open(calendar: Calendar, at: dt.datetime) -> bool:
    """Tell whether the desk is open; at the moment of closing it is not."""
    at = _utc(at)
    if calendar.always_open:
        return True
    today = calendar.local_date(at)
    days = (today - _ONE_DAY, today, today + _ONE_DAY)
    return any(
        opens <= at < closes for day in days for opens, closes in calendar.spans(day)
    )


def next_opening(calendar: Calendar, at: dt.datetime) -> dt.datetime:
    """Tell the first open moment from `at` on, in UTC; `at` itself while open.

    :raises CalendarNeverOpens: if there is none in 400 days.
    """
    at = _utc(at)
    if calendar.always_open:
        return at
    opens, _closes = next(_spans_after(calendar, at))
    return max(opens, at)


def duration(seconds: float | Decimal) -> dt.timedelta:
    """Turn seconds into a timedelta, to the microsecond."""
    if isinstance(seconds, Decimal):
        return dt.timedelta(microseconds=round(seconds * 1_000_000))
    return dt.timedelta(seconds=seconds)


def zone_named(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name.

    :raises CalendarError: if there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(
            _("There is no time zone named “%(name)s”.") % {"name": name}
        ) from error


def check_windows(windows: Windows) -> None:
    """Refuse windows of one day that end before they begin, overlap or are unordered.

    :raises CalendarError: with a sentence that names the two times.
    """
    free_from = 0
    for opens, closes in windows:
        if opens.replace(second=0, microsecond=0) != opens or closes.second:
            raise CalendarError(_("Opening hours are given in whole minutes."))
        begins, ends = _minute(opens), _minute(closes) or _MINUTES_A_DAY
        times = {"start": f"{opens:%H:%M}", "end": clock_text(closes)}
        if begins >= ends:
            raise CalendarError(
                _(
                    "%(start)s–%(end)s ends before it begins. "
                    "For hours over midnight, give two windows: up to 24:00, "
                    "and from 00:00 on the next day."
                )
                % times
            )
        if begins < free_from:
            raise CalendarError(
                _(
                    "%(start)s–%(end)s begins before the window in front of it has "
                    "ended."
                )
                % times
            )
        free_from = ends


def clock_text(closes: dt.time) -> str:
    """Write a closing time; the midnight that ends a day is 24:00."""
    return f"{closes:%H:%M}" if closes != dt.time() else "24:00"


def _minute(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _utc(at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError("A moment needs a time zone")
    return at.astimezone(dt.UTC)


def _spans_after(calendar: Calendar, at: dt.datetime) -> Iterator[Span]:
    """Yield open spans that end after `at`; raise after 400 days without any."""
    day, shut = calendar.local_date(at) - _ONE_DAY, 0
    while shut <= HORIZON_DAYS:
        spans = calendar.spans(day)
        shut = 0 if spans else shut + 1
        yield from (span for span in spans if span[1] > at)
        day += _ONE_DAY
    raise CalendarNeverOpens(
        _("This calendar has no open hours in the 400 days before %(date)s.")
        % {"date": day.isoformat()}
    )


def _utc_spans(zone: ZoneInfo, day: dt.date, hours: Windows) -> tuple[Span, ...]:
    midnight = dt.datetime.combine(day, dt.time())
    offset = midnight.replace(tzinfo=zone).utcoffset()
    evening = (midnight + _ONE_DAY).replace(tzinfo=zone, fold=1).utcoffset()
    steady = offset == evening
    base = (midnight - cast("dt.timedelta", offset)).replace(tzinfo=dt.UTC)

    def moment(minutes: int) -> dt.datetime:
        after = dt.timedelta(minutes=minutes)
        return base + after if steady else _instant(zone, midnight + after)

    spans = (
        (moment(_minute(opens)), moment(_minute(closes) or _MINUTES_A_DAY))
        for opens, closes in hours
    )
    return tuple(span for span in spans if span[0] < span[1])


def _instant(zone: ZoneInfo, wall: dt.datetime) -> dt.datetime:
    """Find the moment a wall time means: of two the first, of none the leap itself.

    This keeps the order of wall times, so windows that do not overlap on the wall do
    not overlap in time either, and windows that touch still touch.
    """
    late, early = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    high, low = late.astimezone(dt.UTC), early.astimezone(dt.UTC)
    if high <= low:  # an ordinary time, or one that the wall shows twice
        return high
    offset = high.astimezone(zone).utcoffset()
    second = dt.timedelta(seconds=1)
    while high - low > second:
        middle = low + (high - low) // second // 2 * second
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high
