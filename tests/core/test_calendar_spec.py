import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from servicedesk.core.calendar_defaults import default_calendar
from servicedesk.core.calendar_spec import (
    build_calendar,
    from_spec,
    parse_week,
    to_spec,
)
from servicedesk.core.calendars import (
    WORKING_DAY_SECONDS,
    Calendar,
    CalendarError,
    add,
    is_open,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def hours(*pairs: tuple[int, int]):
    return tuple((dt.time(opens), dt.time(closes % 24)) for opens, closes in pairs)


def china(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_the_written_form_is_stable():
    one = Calendar("Asia/Shanghai", {4: hours((9, 12)), 0: hours((13, 24)), 6: ()})
    other = Calendar("Asia/Shanghai", {0: hours((13, 24)), 4: hours((9, 12))})

    assert json.dumps(to_spec(one)) == json.dumps(to_spec(other))
    assert to_spec(one)["windows"] == {
        "mon": [["13:00", "24:00"]],
        "fri": [["09:00", "12:00"]],
    }


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"mon": [["09:00", "12:00"], ["11:00", "18:00"]]}, "before the window"),
        ({"mon": [["13:00", "18:00"], ["09:00", "12:00"]]}, "before the window"),
        ({"mon": [["22:00", "06:00"]]}, "two windows"),
        ({"mon": [["09:00", "09:00"]]}, "ends before it begins"),
        ({"mon": [["9:00", "12:00"]]}, "9:00"),
        ({"mon": [["09:00", "25:00"]]}, "25:00"),
        ({"mon": [["24:00", "24:00"]]}, "24:00"),
        ({"mon": [["09:00"]]}, "two times"),
        ({"mon": "09:00-12:00"}, "like"),
        ({"monday": [["09:00", "12:00"]]}, "monday"),
        ([["09:00", "12:00"]], "mon"),
        ({"mon": [[9, 12]]}, "9"),
    ],
)
def test_wrong_hours_are_refused_with_a_word_that_helps(typed, words):
    with pytest.raises(CalendarError, match=words):
        parse_week(typed)


def test_a_calendar_must_make_sense():
    day = dt.date(2026, 10, 10)
    with pytest.raises(CalendarError, match="2026-10-10"):
        Calendar("Asia/Shanghai", holidays=frozenset({day}), workdays={day: None})
    with pytest.raises(CalendarError, match="Atlantis"):
        Calendar("Asia/Atlantis")
    with pytest.raises(CalendarError):
        Calendar("Asia/Shanghai", {7: hours((9, 12))})
    with pytest.raises(CalendarError):
        from_spec({"format": 1, "zone": "Asia/Shanghai"})
    with pytest.raises(CalendarError):
        from_spec({})


def test_days_entered_by_hand_win_over_the_public_ones():
    calendar = build_calendar(
        zone="Asia/Shanghai",
        always_open=False,
        windows={"mon": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]]},
        follow_chinese_holidays=True,
        holidays=[dt.date(2026, 10, 10)],
        workdays={dt.date(2026, 10, 1): [["10:00", "11:00"]]},
    )

    assert not is_open(calendar, china("2026-10-10T10:30"))
    assert is_open(calendar, china("2026-10-01T10:30"))
    assert not is_open(calendar, china("2026-10-01T11:30"))


def test_the_default_office_calendar_keeps_lunch_and_national_day():
    row = default_calendar("office-cn")
    office = from_spec(row.spec())

    assert (row.name_zh, row.name_en) == ("工作时间", "Office hours")
    assert add(office, china("2026-09-30T17:59"), WORKING_DAY_SECONDS) == (
        china("2026-10-08T17:59")
    )
    assert is_open(from_spec(default_calendar("always").spec()), china("2026-10-01"))
