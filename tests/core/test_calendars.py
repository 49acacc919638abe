import datetime as dt
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import chinese_calendar as package
import pytest

from servicedesk.core.calendars import (
    WORKING_DAY_SECONDS,
    Calendar,
    CalendarNeverOpens,
    add,
    is_open,
    next_opening,
    open_seconds,
)
from servicedesk.core.chinese_days import (
    HolidayDataError,
    chinese_calendar,
    years_without_data,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = dt.time()
HOUR = 3600


def hours(*pairs: tuple[int, int]):
    return tuple((dt.time(opens), dt.time(closes % 24)) for opens, closes in pairs)


OFFICE_HOURS = dict.fromkeys(range(5), hours((9, 12), (13, 18)))
OFFICE = chinese_calendar((2025, 2026), OFFICE_HOURS)
WEEKDAYS_ONLY = Calendar("Asia/Shanghai", OFFICE_HOURS)


def china(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def berlin(text: str, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


# --- Chinese holidays and make-up workdays ---


@pytest.mark.parametrize(
    "day",
    [
        *(f"2025-10-0{number}" for number in range(1, 9)),
        "2025-01-01",
        "2025-05-05",
        "2026-01-02",
        "2026-02-17",
        "2026-10-01",
        "2026-10-07",
        "2026-10-11",  # an ordinary Sunday
    ],
)
def test_the_desk_rests_on_holidays(day):
    assert not is_open(OFFICE, china(f"{day}T10:00"))


@pytest.mark.parametrize(
    "day",
    ["2025-09-28", "2025-10-11", "2026-02-14", "2026-09-20", "2026-10-10"],
)
def test_the_desk_works_on_make_up_days_although_they_fall_on_weekends(day):
    assert dt.date.fromisoformat(day).weekday() >= 5
    assert is_open(OFFICE, china(f"{day}T10:00"))
    assert not is_open(OFFICE, china(f"{day}T12:30"))
    assert not is_open(WEEKDAYS_ONLY, china(f"{day}T10:00"))


def test_every_day_of_two_years_agrees_with_the_package():
    day = dt.date(2025, 1, 1)
    while day.year < 2027:
        at = dt.datetime.combine(day, dt.time(10), tzinfo=SHANGHAI)
        assert is_open(OFFICE, at) == package.is_workday(day), day
        day += dt.timedelta(days=1)


def test_national_day_lengthens_the_wait():
    # Wednesday 30 September, 17:00: an hour that day, seven on Thursday the 8th.
    due = add(OFFICE, china("2026-09-30T17:00"), 8 * HOUR)

    assert due == china("2026-10-08T17:00")
    assert open_seconds(OFFICE, china("2026-09-30T17:00"), due) == 8 * HOUR


def test_a_make_up_saturday_counts_as_a_full_day():
    due = add(OFFICE, china("2026-10-09T09:00"), 2 * WORKING_DAY_SECONDS)

    assert due == china("2026-10-10T18:00")


def test_a_make_up_day_may_have_hours_of_its_own():
    saturday = dt.date(2026, 10, 10)
    short = Calendar("Asia/Shanghai", OFFICE_HOURS, workdays={saturday: hours((9, 11))})

    day = china("2026-10-10T00:00")
    assert open_seconds(short, day, day + dt.timedelta(days=1)) == 2 * HOUR


def test_years_without_data_are_reported_not_guessed():
    assert years_without_data((2026, 2099, 2025, 2098)) == (2098, 2099)
    with pytest.raises(HolidayDataError, match="2098, 2099"):
        chinese_calendar((2026, 2099, 2098), OFFICE_HOURS)


# --- Working hours ---


def test_lunch_does_not_count():
    assert add(OFFICE, china("2026-03-02T11:30"), HOUR) == china("2026-03-02T13:30")
    assert not is_open(OFFICE, china("2026-03-02T12:00"))
    assert is_open(OFFICE, china("2026-03-02T13:00"))


def test_one_working_day_is_eight_open_hours():
    friday = china("2026-03-06T17:59")

    assert WORKING_DAY_SECONDS == 28_800
    assert add(OFFICE, friday, WORKING_DAY_SECONDS) == china("2026-03-09T17:59")


def test_mail_on_a_closed_day_starts_at_the_next_opening():
    sunday = china("2026-03-08T03:00")

    assert next_opening(OFFICE, sunday) == china("2026-03-09T09:00")
    assert add(OFFICE, sunday, WORKING_DAY_SECONDS) == china("2026-03-09T18:00")
    assert next_opening(OFFICE, china("2026-03-09T10:00")) == china("2026-03-09T10:00")


def test_time_used_up_at_closing_ends_at_closing():
    assert add(OFFICE, china("2026-03-06T17:59"), 60) == china("2026-03-06T18:00")


def test_no_time_at_all_ends_where_it_starts_even_when_shut():
    sunday = china("2026-03-08T03:00")

    assert add(OFFICE, sunday, 0) == sunday
    assert add(OFFICE, sunday, 0).tzinfo is dt.UTC
    with pytest.raises(ValueError, match="negative"):
        add(OFFICE, sunday, -1)


@pytest.mark.parametrize("seconds", [3, 5, 0.25, Decimal("0.000001"), Decimal("2.5")])
def test_short_targets_are_exact(seconds):
    monday = china("2026-03-02T10:00:00.123456")
    always = Calendar("Asia/Shanghai", always_open=True)

    for calendar in (OFFICE, always):
        due = add(calendar, monday, seconds)
        assert open_seconds(calendar, monday, due) == float(seconds)
        assert due - monday.astimezone(dt.UTC) == dt.timedelta(seconds=float(seconds))


def test_a_short_target_can_span_lunch():
    start = china("2026-03-02T11:59:58.500")

    assert add(OFFICE, start, 3) == china("2026-03-02T13:00:01.500")


def test_hours_over_midnight_are_two_windows_that_touch():
    shift = Calendar("Asia/Shanghai", dict.fromkeys(range(7), hours((0, 6), (22, 24))))

    assert is_open(shift, china("2026-03-02T23:59:59.999"))
    assert is_open(shift, china("2026-03-03T00:00"))
    assert add(shift, china("2026-03-02T23:00"), 2 * HOUR) == china("2026-03-03T01:00")
    assert add(shift, china("2026-03-02T22:00"), 9 * HOUR) == china("2026-03-03T23:00")


def test_a_week_of_24_hours_equals_always_open():
    round_the_clock = Calendar("Europe/Berlin", dict.fromkeys(range(7), hours((0, 24))))
    start = berlin("2026-03-27T13:00")

    assert add(round_the_clock, start, 7 * 24 * HOUR) == (
        start.astimezone(dt.UTC) + dt.timedelta(days=7)
    )


def test_a_calendar_that_never_opens_says_so():
    with pytest.raises(CalendarNeverOpens, match="400"):
        add(Calendar("Asia/Shanghai"), china("2026-03-02T10:00"), 1)
    with pytest.raises(CalendarNeverOpens):
        next_opening(Calendar("Asia/Shanghai"), china("2026-03-02T10:00"))
    start = china("2026-03-02T10:00")
    end = start + dt.timedelta(days=900)
    assert open_seconds(Calendar("Asia/Shanghai"), start, end) == 0


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        is_open(OFFICE, dt.datetime(2026, 3, 2))  # noqa: DTZ001 (that is the point)


def test_a_year_is_counted_quickly():
    start, end = china("2025-01-01T00:00"), china("2026-01-01T00:00")
    workdays = len(package.get_workdays(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    assert open_seconds(OFFICE, start, end) == workdays * 8 * HOUR

    began = time.process_time()
    for _repeat in range(10):
        open_seconds(OFFICE, start, end)
        add(OFFICE, start, workdays * 8 * HOUR)
    # 5 ms each in ordinary times; the margin is for a busy machine.
    assert (time.process_time() - began) / 20 < 0.02


# --- Clocks that are put forward and back: 29 March and 25 October 2026 ---

EARLY = Calendar("Europe/Berlin", {6: hours((1, 4))})


def test_spring_takes_an_hour_away():
    start, end = berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00")

    assert open_seconds(EARLY, start, end) == 2 * HOUR
    assert add(EARLY, start, 1.5 * HOUR) == berlin("2026-03-29T03:30")


def test_autumn_gives_an_hour_more():
    start, end = berlin("2026-10-25T00:00"), berlin("2026-10-26T00:00")

    assert open_seconds(EARLY, start, end) == 4 * HOUR
    # Python calls times of a doubled hour unequal between zones: compare in UTC.
    again = berlin("2026-10-25T02:30", fold=1).astimezone(dt.UTC)
    assert add(EARLY, start, 2.5 * HOUR) == again


def test_office_hours_stay_on_the_wall_when_the_zone_shifts():
    office = Calendar("Europe/Berlin", OFFICE_HOURS)

    due = add(office, berlin("2026-03-27T17:00"), 2 * HOUR)

    assert due == berlin("2026-03-30T10:00")
    assert due.hour == 8  # summer time: two hours ahead of UTC


def test_a_window_inside_the_missing_hour_is_no_time():
    missing = Calendar(
        "Europe/Berlin", {6: ((dt.time(2, 10), dt.time(2, 50)), *hours((3, 4)))}
    )
    start, end = berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00")

    assert open_seconds(missing, start, end) == HOUR
    assert next_opening(missing, start) == berlin("2026-03-29T03:00")


def test_windows_that_touch_inside_a_shift_leave_no_gap():
    half = dt.time(2, 30)
    split = Calendar("Europe/Berlin", {6: ((NIGHT, half), (half, NIGHT))})

    for day, length in (("2026-03-29", 23), ("2026-10-25", 25)):
        start = berlin(f"{day}T00:00")
        end = start.astimezone(dt.UTC) + dt.timedelta(days=1, hours=5)
        assert open_seconds(split, start, end) == length * HOUR


def test_a_zone_whose_midnight_is_missing():
    # Beirut: 29 March 2026 begins at 01:00.
    beirut = Calendar("Asia/Beirut", dict.fromkeys(range(7), hours((0, 24))))
    start = dt.datetime(2026, 3, 28, 0, tzinfo=ZoneInfo("Asia/Beirut"))
    end = dt.datetime(2026, 3, 30, 0, tzinfo=ZoneInfo("Asia/Beirut"))

    assert open_seconds(beirut, start, end) == 47 * HOUR
