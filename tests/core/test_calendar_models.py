import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import override

from servicedesk.core.actions.calendar import current_version, publish_calendar
from servicedesk.core.calendar_defaults import (
    create_default_calendars,
    default_calendars,
)
from servicedesk.core.calendars import CalendarNeverOpens, is_open
from servicedesk.core.errors import RuleError
from servicedesk.core.models import (
    BusinessCalendar,
    CalendarDay,
    CalendarVersion,
    DayKind,
)

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
ARMY_DAY = dt.date(2026, 8, 1)  # a Saturday


def late_desk(**changed) -> BusinessCalendar:
    fields = {
        "slug": "late-desk",
        "name_zh": "晚班",
        "name_en": "Late desk",
        "windows": {key: [["14:00", "24:00"]] for key in WEEKDAYS},
        "follow_chinese_holidays": True,
    }
    return BusinessCalendar.objects.create(**{**fields, **changed})


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_published_calendar_keeps_holidays_and_make_up_days():
    mei = get_user_model()(**{get_user_model().USERNAME_FIELD: "mei"})

    version = publish_calendar(calendar=late_desk(), by=mei, now=NOON)

    assert (version.number, version.created_by) == (1, "mei")
    assert version.created_at == NOON
    hours = version.calendar_value()
    assert is_open(hours, at("2026-10-10T23:59"))
    assert not is_open(hours, at("2026-10-01T15:00"))


def test_publishing_again_without_a_change_makes_no_new_version():
    desk = late_desk()

    first = publish_calendar(calendar=desk, by=None, now=NOON)
    again = publish_calendar(calendar=desk, by=None, now=NOON + dt.timedelta(days=1))

    assert again == first
    assert desk.versions.count() == 1


def test_a_changed_calendar_is_a_new_version_and_the_old_one_stays():
    desk = late_desk()
    old = publish_calendar(calendar=desk, by=None, now=NOON)
    CalendarDay.objects.create(calendar=desk, date=ARMY_DAY, kind=DayKind.WORKDAY)

    new = publish_calendar(calendar=desk, by=None, now=NOON)

    assert (new.number, current_version(desk)) == (2, new)
    assert is_open(new.calendar_value(), at("2026-08-01T15:00"))
    old = CalendarVersion.objects.get(pk=old.pk)
    assert not is_open(old.calendar_value(), at("2026-08-01T15:00"))


def test_a_day_entered_by_hand_wins_over_the_public_holiday():
    desk = late_desk()
    CalendarDay.objects.create(
        calendar=desk,
        date=dt.date(2026, 10, 1),
        kind=DayKind.WORKDAY,
        windows=[["10:00", "11:00"]],
    )
    CalendarDay.objects.create(
        calendar=desk, date=dt.date(2026, 10, 10), kind=DayKind.HOLIDAY
    )

    hours = publish_calendar(calendar=desk, by=None, now=NOON).calendar_value()

    assert is_open(hours, at("2026-10-01T10:30"))
    assert not is_open(hours, at("2026-10-01T15:00"))
    assert not is_open(hours, at("2026-10-10T15:00"))


def test_a_version_is_read_once(django_assert_num_queries):
    version = publish_calendar(calendar=late_desk(), by=None, now=NOON)
    same = CalendarVersion.objects.get(pk=version.pk)

    with django_assert_num_queries(0):
        assert same.calendar_value() is version.calendar_value()


def test_hours_that_contradict_themselves_are_not_published():
    desk = late_desk(windows={"mon": [["14:00", "13:00"]]})

    with pytest.raises(RuleError, match="14:00–13:00"):
        publish_calendar(calendar=desk, by=None, now=NOON)

    assert not desk.versions.exists()


def test_a_calendar_that_never_opens_is_not_published():
    desk = late_desk(windows={"mon": []}, follow_chinese_holidays=False)

    with pytest.raises(CalendarNeverOpens):
        publish_calendar(calendar=desk, by=None, now=NOON)


def test_a_calendar_that_was_never_published_says_so():
    with override("en"), pytest.raises(RuleError, match="Late desk"):
        current_version(late_desk())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Asia/Atlantis"),
        ("windows", {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}),
        ("windows", {"someday": [["09:00", "12:00"]]}),
        ("windows", ["09:00"]),
    ],
)
def test_the_form_refuses_a_calendar_that_makes_no_sense(field, value):
    desk = late_desk()
    setattr(desk, field, value)

    with pytest.raises(ValidationError) as refusal:
        desk.full_clean()

    assert list(refusal.value.message_dict) == [field]


def test_the_form_wants_hours_or_around_the_clock():
    desk = BusinessCalendar(slug="empty", name_zh="空", name_en="Empty")

    with override("en"), pytest.raises(ValidationError, match="Give opening hours"):
        desk.full_clean()
    desk.always_open = True
    desk.full_clean()


def test_the_form_refuses_wrong_days():
    desk = late_desk()
    day = CalendarDay(calendar=desk, date=ARMY_DAY, kind=DayKind.WORKDAY)
    day.full_clean()
    day.windows = [["09:00", "25:00"]]
    with pytest.raises(ValidationError, match="25:00"):
        day.full_clean()
    day.kind, day.windows = DayKind.HOLIDAY, [["09:00", "12:00"]]
    with override("en"), pytest.raises(ValidationError, match="no opening hours"):
        day.full_clean()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("calendar_day_once", {"kind": "holiday"}),
        ("calendar_day_kind", {"kind": "feast", "date": dt.date(2026, 8, 2)}),
        (
            "calendar_holiday_has_no_hours",
            {"kind": "holiday", "date": dt.date(2026, 8, 2), "windows": []},
        ),
    ],
)
def test_the_database_guards_days(name, fields):
    desk = late_desk()
    CalendarDay.objects.create(calendar=desk, date=ARMY_DAY, kind=DayKind.HOLIDAY)

    with pytest.raises(IntegrityError, match=name):
        CalendarDay.objects.create(**{"calendar": desk, "date": ARMY_DAY, **fields})


def test_the_database_guards_calendars_and_versions():
    with pytest.raises(IntegrityError, match="calendar_has_hours"):
        late_desk(windows={})


def test_a_version_number_is_given_once():
    desk = late_desk()
    version = publish_calendar(calendar=desk, by=None, now=NOON)

    with pytest.raises(IntegrityError, match="calendar_version_once"):
        CalendarVersion.objects.create(
            calendar=desk, number=1, spec=version.spec, created_at=NOON
        )


def test_names_follow_the_reader():
    desk = late_desk()
    day = CalendarDay(calendar=desk, date=ARMY_DAY, name_zh="店庆", name_en="Jubilee")

    with override("zh-hans"):
        assert (desk.label, str(day)) == ("晚班", "2026-08-01 店庆")
    with override("en"):
        assert (desk.label, str(day)) == ("Late desk", "2026-08-01 Jubilee")


def test_default_calendars_are_created_once_and_publish_to_the_same():
    create_default_calendars(apps, now=NOON)
    create_default_calendars(apps, now=NOON)

    for row in default_calendars():
        calendar = BusinessCalendar.objects.get(slug=row.slug)
        version = current_version(calendar)
        assert publish_calendar(calendar=calendar, by=None, now=NOON) == version
        assert version.spec == row.spec()
        calendar.full_clean()
