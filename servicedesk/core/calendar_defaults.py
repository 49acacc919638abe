"""The calendars that a new desk begins with; data only, safe to use in a migration."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps.registry import Apps

from servicedesk.core.calendar_spec import build_calendar, to_spec
from servicedesk.core.chinese_days import CHINA

OFFICE_HOURS = [["09:00", "12:00"], ["13:00", "18:00"]]


@dataclass(frozen=True)
class DefaultCalendar:
    """The fields of one `BusinessCalendar`; `slug` is what other defaults refer to."""

    slug: str
    name_zh: str
    name_en: str
    zone: str = CHINA
    always_open: bool = False
    windows: dict[str, list[list[str]]] = field(default_factory=dict)
    follow_chinese_holidays: bool = False

    def fields(self) -> dict[str, Any]:
        """Tell the values of the row, by field name."""
        return dict(vars(self))

    def spec(self) -> dict[str, Any]:
        """Tell the frozen form of the first version."""
        return to_spec(
            build_calendar(
                zone=self.zone,
                always_open=self.always_open,
                windows=self.windows,
                follow_chinese_holidays=self.follow_chinese_holidays,
            )
        )


DEFAULT_CALENDARS = (
    DefaultCalendar(
        slug="always", name_zh="全天候", name_en="Around the clock", always_open=True
    ),
    DefaultCalendar(
        slug="office-cn",
        name_zh="工作时间",
        name_en="Office hours",
        windows=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE_HOURS),
        follow_chinese_holidays=True,
    ),
)


def default_calendars() -> Iterator[DefaultCalendar]:
    """Yield the calendars that every desk has from the beginning."""
    yield from DEFAULT_CALENDARS


def default_calendar(slug: str) -> DefaultCalendar:
    """Find one of them by its slug; KeyError if there is none."""
    return {row.slug: row for row in DEFAULT_CALENDARS}[slug]


def create_default_calendars(apps: Apps, *, now: dt.datetime) -> None:
    """Create what is missing, each with its first version; for a data migration.

    `apps` gives the models as they were then. A calendar that exists is left alone.
    """
    calendars = apps.get_model("core", "BusinessCalendar").objects
    versions = apps.get_model("core", "CalendarVersion").objects
    for row in DEFAULT_CALENDARS:
        calendar, created = calendars.get_or_create(
            slug=row.slug, defaults=row.fields()
        )
        if created:
            versions.create(
                calendar=calendar, number=1, spec=row.spec(), created_at=now
            )
