"""China's public holidays and make-up workdays (调休), for the years announced."""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache

from chinese_calendar.constants import holidays as _holidays
from chinese_calendar.constants import workdays as _workdays
from django.utils.translation import gettext as _

from servicedesk.core.calendars import Calendar, Windows
from servicedesk.core.errors import RuleError

CHINA = "Asia/Shanghai"


class HolidayDataError(RuleError):
    """The State Council's arrangement of a year is not in the data we have."""


@lru_cache(maxsize=1)
def years_with_data() -> tuple[int, ...]:
    """Tell the years whose holidays are known, in order."""
    return tuple(sorted({day.year for day in _holidays}))


def years_without_data(years: Iterable[int]) -> tuple[int, ...]:
    """Tell which of these years have no holiday data, in order.

    In such a year a calendar that follows Chinese holidays knows weekdays only, until
    the package is updated or the days are entered by hand.
    """
    return tuple(sorted(set(years) - set(years_with_data())))


def chinese_days(
    years: Iterable[int],
) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    """Tell the holidays and the make-up workdays of these years.

    :raises HolidayDataError: if any of them has no data; the message names them.
    """
    wanted = set(years)
    if missing := years_without_data(wanted):
        raise HolidayDataError(
            _("There are no Chinese holidays on file for %(years)s.")
            % {"years": ", ".join(map(str, missing))}
        )
    return (
        frozenset(day for day in _holidays if day.year in wanted),
        frozenset(day for day in _workdays if day.year in wanted),
    )


def chinese_calendar(
    years: Iterable[int], windows: Mapping[int, Windows], zone: str = CHINA
) -> Calendar:
    """Build a calendar that keeps China's holidays in these years.

    Make-up workdays have Monday's windows.

    :raises HolidayDataError: if a year has no data.
    """
    rest, work = chinese_days(years)
    return Calendar(
        zone=zone, windows=windows, holidays=rest, workdays=dict.fromkeys(work)
    )
