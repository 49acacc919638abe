"""Calendars as JSON: how people type opening hours, and how versions freeze them."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.core.calendars import (
    Calendar,
    CalendarError,
    Windows,
    check_windows,
    clock_text,
)
from servicedesk.core.chinese_days import chinese_days, years_with_data

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORMAT = 1
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def to_spec(calendar: Calendar) -> dict[str, Any]:
    """Write a calendar as JSON data; equal calendars give equal data, key by key.

    Days without windows are left out, dates are sorted, and a calendar that is always
    open keeps nothing but its zone.
    """
    plain = not calendar.always_open
    return {
        "format": FORMAT,
        "zone": calendar.zone,
        "always_open": calendar.always_open,
        "windows": {
            DAY_NAMES[day]: windows_spec(windows)
            for day, windows in sorted(calendar.windows.items())
            if plain and windows
        },
        "holidays": [d.isoformat() for d in sorted(calendar.holidays) if plain],
        "workdays": {
            day.isoformat(): None if windows is None else windows_spec(windows)
            for day, windows in sorted(calendar.workdays.items())
            if plain
        },
    }


def from_spec(spec: Mapping[str, Any]) -> Calendar:
    """Read what `to_spec` wrote.

    :raises CalendarError: if it cannot be read as a calendar.
    """
    if spec.get("format") != FORMAT:
        raise CalendarError(_("This calendar was written by another version."))
    try:
        return Calendar(
            zone=spec["zone"],
            windows=parse_week(spec["windows"]),
            holidays=frozenset(map(dt.date.fromisoformat, spec["holidays"])),
            workdays={
                dt.date.fromisoformat(day): None if own is None else parse_windows(own)
                for day, own in spec["workdays"].items()
            },
            always_open=spec["always_open"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalendarError(_("This calendar cannot be read.")) from error


def build_calendar(
    *,
    zone: str,
    always_open: bool,
    windows: object,
    follow_chinese_holidays: bool,
    holidays: Collection[dt.date] = (),
    workdays: Mapping[dt.date, object] | None = None,
) -> Calendar:
    """Put a calendar together from what was typed in, before it is frozen.

    Chinese holidays come from all years that have data; days given here win over
    them. `windows` and the values of `workdays` are as typed (see `parse_week`);
    None for a workday means Monday's windows.

    :raises CalendarError: if the hours contradict themselves.
    """
    own_workdays = {
        day: None if typed is None else parse_windows(typed)
        for day, typed in (workdays or {}).items()
    }
    rest: frozenset[dt.date] = frozenset()
    work: frozenset[dt.date] = frozenset()
    if follow_chinese_holidays:
        rest, work = chinese_days(years_with_data())
    made_up = dict.fromkeys(work - frozenset(holidays))
    return Calendar(
        zone=zone,
        windows=parse_week(windows),
        holidays=(rest - own_workdays.keys()) | frozenset(holidays),
        workdays={**made_up, **own_workdays},
        always_open=always_open,
    )


def parse_week(typed: object) -> dict[int, Windows]:
    """Read a week such as `{"mon": [["09:00", "12:00"], ["13:00", "24:00"]]}`.

    :raises CalendarError: with a sentence that says what is wrong.
    """
    if not isinstance(typed, Mapping):
        raise CalendarError(
            _('Write opening hours like {"mon": [["09:00", "12:00"]], …}.')
        )
    if unknown := [str(name) for name in typed if name not in DAY_NAMES]:
        raise CalendarError(
            _("“%(name)s” is not a day; write mon, tue, wed, thu, fri, sat or sun.")
            % {"name": unknown[0]}
        )
    return {
        number: parse_windows(typed[name])
        for number, name in enumerate(DAY_NAMES)
        if typed.get(name)
    }


def parse_windows(typed: object) -> Windows:
    """Read the windows of one day, such as `[["09:00", "12:00"]]`.

    :raises CalendarError: with a sentence that says what is wrong.
    """
    if not isinstance(typed, list | tuple):
        raise CalendarError(_('Write windows like [["09:00", "12:00"]].'))
    windows: list[tuple[dt.time, dt.time]] = []
    for pair in typed:
        match pair:
            case [opens, closes]:
                windows.append((_time(opens), _time(closes, midnight="24:00")))
            case _other:
                raise CalendarError(_("A window has two times: opening and closing."))
    check_windows(tuple(windows))
    return tuple(windows)


def windows_spec(windows: Windows) -> list[list[str]]:
    """Write the windows of one day as `parse_windows` reads them."""
    return [[f"{opens:%H:%M}", clock_text(closes)] for opens, closes in windows]


def _time(typed: object, midnight: str = "00:00") -> dt.time:
    """Read HH:MM; `midnight` is how the day's edge is written on this side."""
    if typed == midnight:
        return dt.time()
    found = _TIME.fullmatch(typed) if isinstance(typed, str) else None
    if found is None or typed == "00:00":
        raise CalendarError(
            _("“%(time)s” is not a time; write 09:00, up to 24:00 for closing.")
            % {"time": typed}
        )
    return dt.time(int(found[1]), int(found[2]))
