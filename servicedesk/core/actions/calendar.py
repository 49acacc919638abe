"""Publish a business calendar: freeze what was typed in as a version."""

import datetime as dt

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.calendar_spec import build_calendar, to_spec
from servicedesk.core.calendars import Calendar, next_opening
from servicedesk.core.errors import RuleError
from servicedesk.core.models import (
    BusinessCalendar,
    CalendarDay,
    CalendarVersion,
    DayKind,
)


@transaction.atomic
def publish_calendar(
    *, calendar: BusinessCalendar, by: AbstractBaseUser | None, now: dt.datetime
) -> CalendarVersion:
    """Make the calendar as it stands the one for new clocks; None is the system.

    If nothing differs from the newest version, that one is returned. Clocks that are
    pinned to an older version keep it.

    :raises RuleError: if the hours contradict themselves, or never come.
    """
    locked = BusinessCalendar.objects.select_for_update().get(pk=calendar.pk)
    value = _as_typed(locked)
    next_opening(value, now)
    spec = to_spec(value)
    newest = locked.versions.order_by("-number").first()
    if newest is not None and newest.spec == spec:
        return newest
    return CalendarVersion.objects.create(
        calendar=locked,
        number=newest.number + 1 if newest else 1,
        spec=spec,
        created_at=now,
        created_by=by.get_username() if by else "",
    )


def current_version(calendar: BusinessCalendar) -> CalendarVersion:
    """Find the newest version, which new clocks are pinned to.

    :raises RuleError: if the calendar was never published.
    """
    newest = calendar.versions.order_by("-number").first()
    if newest is None:
        raise RuleError(
            _("The calendar “%(name)s” has not been published yet.")
            % {"name": calendar.label}
        )
    return newest


def _as_typed(calendar: BusinessCalendar) -> Calendar:
    days = list(CalendarDay.objects.filter(calendar=calendar))
    return build_calendar(
        zone=calendar.zone,
        always_open=calendar.always_open,
        windows=calendar.windows,
        follow_chinese_holidays=calendar.follow_chinese_holidays,
        holidays=[day.date for day in days if day.kind == DayKind.HOLIDAY],
        workdays={day.date: day.windows for day in days if day.kind == DayKind.WORKDAY},
    )
