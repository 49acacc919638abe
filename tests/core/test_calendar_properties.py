import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.calendar_spec import (
    from_spec,
    to_spec,
)
from servicedesk.core.calendars import (
    Calendar,
    add,
    is_open,
    next_opening,
    open_seconds,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
steady = settings(deadline=None)  # a busy machine is no failure


def hours(*pairs: tuple[int, int]):
    return tuple((dt.time(opens), dt.time(closes % 24)) for opens, closes in pairs)


def china(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


moments = st.datetimes(
    min_value=dt.datetime(2024, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=dt.datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([dt.UTC, SHANGHAI, BERLIN]),
)
seconds_of_work = st.integers(0, 30 * 8 * HOUR * 1_000_000).map(
    lambda microseconds: Decimal(microseconds) / 1_000_000
)


@st.composite
def windows_of_a_day(draw):
    minutes = draw(st.lists(st.integers(0, 24 * 60), max_size=6, unique=True))
    edges = [dt.time(m // 60 % 24, m % 60) for m in sorted(minutes)]
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw):
    dates = st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31))
    workdays = draw(st.dictionaries(dates, st.none() | windows_of_a_day(), max_size=4))
    return Calendar(
        draw(
            st.sampled_from(
                ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Beirut"]
            )
        ),
        {
            **draw(st.dictionaries(st.integers(0, 6), windows_of_a_day())),
            draw(st.integers(0, 6)): hours((9, 12), (13, 24)),
        },
        holidays=draw(st.frozensets(dates, max_size=8)) - workdays.keys(),
        workdays=workdays,
        always_open=draw(st.booleans()),
    )


@steady
@given(calendars(), moments, seconds_of_work)
def test_adding_and_counting_are_inverse(calendar, start, seconds):
    due = add(calendar, start, seconds)

    assert open_seconds(calendar, start, due) == float(seconds)


@steady
@given(calendars(), moments, moments, moments)
def test_counting_in_two_parts_is_counting_once(calendar, first, second, third):
    start, middle, end = sorted(
        moment.astimezone(dt.UTC) for moment in (first, second, third)
    )

    whole = open_seconds(calendar, start, end)
    parts = open_seconds(calendar, start, middle) + open_seconds(calendar, middle, end)

    assert whole == pytest.approx(parts, abs=1e-6)
    assert 0 <= whole <= (end - start).total_seconds()


@steady
@given(calendars(), moments)
def test_the_next_opening_is_open_and_nothing_before_it(calendar, at):
    opening = next_opening(calendar, at)

    assert is_open(calendar, opening)
    assert open_seconds(calendar, at, opening) == 0


@steady
@given(calendars())
def test_a_calendar_survives_json(calendar):
    spec = json.loads(json.dumps(to_spec(calendar)))

    assert to_spec(from_spec(spec)) == spec
    if not calendar.always_open:
        moment = china("2026-03-02T10:00")
        assert is_open(from_spec(spec), moment) == is_open(calendar, moment)
