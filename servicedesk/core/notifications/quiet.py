"""Quiet hours and the time of the daily summary, in a person's own time zone."""

import datetime as dt
import zoneinfo
from typing import Final

from django.conf import settings

from servicedesk.core.models import QuietHours

_SATURDAY: Final = 5
DIGEST_TIME: Final = dt.time(8, 30)
_DAY = dt.timedelta(days=1)


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the time zone of that name; the desk's own where it is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def quiet_until(
    hours: QuietHours, zone: zoneinfo.ZoneInfo, now: dt.datetime
) -> dt.datetime | None:
    """Return when the quiet that reigns now will end; None if it is not quiet.

    From a time to the same time is no quiet at all; from 22:00 to 08:00 passes
    midnight. With `weekends` it lasts from Saturday to Monday's end of quiet.
    """
    local = now.astimezone(zone)
    day = _ends_on(hours, local)
    weekend = hours.weekends and local.weekday() >= _SATURDAY
    if day is None and not weekend:
        return None
    day = day or local.date()
    while hours.weekends and day.weekday() >= _SATURDAY:
        day += _DAY
    return dt.datetime.combine(day, hours.end, tzinfo=zone).astimezone(dt.UTC)


def digest_at(zone: zoneinfo.ZoneInfo, since: dt.datetime) -> dt.datetime:
    """Return the first time of a daily summary after `since`."""
    local = since.astimezone(zone)
    day = local.date() if local.time() < DIGEST_TIME else local.date() + _DAY
    return dt.datetime.combine(day, DIGEST_TIME, tzinfo=zone).astimezone(dt.UTC)


def _ends_on(hours: QuietHours, local: dt.datetime) -> dt.date | None:
    """Return the day on which the quiet of the night ends; None outside of it."""
    clock = local.time()
    if hours.begin <= hours.end:
        return local.date() if hours.begin <= clock < hours.end else None
    if clock >= hours.begin:
        return local.date() + _DAY
    return local.date() if clock < hours.end else None
