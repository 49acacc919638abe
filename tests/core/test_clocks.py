import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from servicedesk.core.calendars import Calendar
from servicedesk.core.clocks import (
    Interval,
    chip,
    due_at,
    elapsed,
    remaining,
    warn_at,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NINE, NOON, ONE, SIX = dt.time(9), dt.time(12), dt.time(13), dt.time(18)
OFFICE = Calendar("Asia/Shanghai", dict.fromkeys(range(5), ((NINE, NOON), (ONE, SIX))))
ALWAYS = Calendar("UTC", always_open=True)
HOUR = 3600


def monday(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-03-02T{text}").replace(tzinfo=SHANGHAI)


def tuesday(text: str) -> dt.datetime:
    return monday(text) + dt.timedelta(days=1)


# --- One clock, played through ---


def test_a_pause_moves_the_due_time():
    asked = [Interval("running", monday("09:00"))]
    assert due_at(asked, OFFICE, 4 * HOUR, monday("10:00")) == monday("14:00")

    waiting = [
        Interval("running", monday("09:00"), monday("10:00")),
        Interval("paused", monday("10:00")),
    ]
    assert due_at(waiting, OFFICE, 4 * HOUR, monday("17:00")) is None
    assert elapsed(waiting, OFFICE, monday("17:00")) == HOUR

    answered = [
        waiting[0],
        Interval("paused", monday("10:00"), monday("17:00")),
        Interval("running", monday("17:00")),
    ]
    assert due_at(answered, OFFICE, 4 * HOUR, monday("17:30")) == tuesday("11:00")
    assert remaining(answered, OFFICE, 4 * HOUR, monday("17:30")) == 2.5 * HOUR


def test_a_pause_does_not_hide_a_breach():
    late = [
        Interval("running", monday("09:00"), monday("11:00")),
        Interval("paused", monday("11:00")),
    ]

    assert due_at(late, OFFICE, HOUR, monday("11:30")) == monday("10:00")
    assert remaining(late, OFFICE, HOUR, monday("11:30")) == -HOUR


def test_a_target_used_up_at_the_very_moment_of_the_pause_is_due_then():
    exact = [
        Interval("running", monday("09:00"), monday("10:00")),
        Interval("paused", monday("10:00")),
    ]

    assert due_at(exact, OFFICE, HOUR, monday("11:00")) == monday("10:00")


def test_a_due_time_in_the_past_stays_what_it_was():
    running = [Interval("running", monday("09:00"))]

    assert due_at(running, OFFICE, HOUR, tuesday("16:00")) == monday("10:00")


@pytest.mark.parametrize("target", [3, 5])
def test_chat_and_phone_targets_hold_to_the_microsecond(target):
    offered = monday("10:00:00.250000")
    clock = [Interval("running", offered)]

    due = due_at(clock, ALWAYS, target, offered)

    assert due == offered + dt.timedelta(seconds=target)
    just_before = due - dt.timedelta(microseconds=1)
    assert remaining(clock, ALWAYS, target, just_before) == pytest.approx(1e-6)
    assert remaining(clock, ALWAYS, Decimal("2.5"), offered) == 2.5


def test_a_clock_that_has_not_begun_has_run_nothing():
    assert elapsed([], ALWAYS, monday("09:00")) == 0
    assert due_at([], ALWAYS, 60, monday("09:00")) is None
    tomorrow = [Interval("running", tuesday("09:00"))]
    assert elapsed(tomorrow, ALWAYS, monday("09:00")) == 0
    assert due_at(tomorrow, ALWAYS, 60, monday("09:00")) is None


def test_time_between_intervals_does_not_count():
    two_waits = [
        Interval("running", monday("09:00"), monday("09:30")),
        Interval("running", monday("11:00"), monday("11:15")),
    ]

    assert elapsed(two_waits, OFFICE, monday("15:00")) == 45 * 60
    assert due_at(two_waits, OFFICE, HOUR, monday("15:00")) is None


@pytest.mark.parametrize(
    "wrong",
    [
        [
            Interval("running", monday("09:00"), monday("11:00")),
            Interval("paused", monday("10:00")),
        ],
        [
            Interval("paused", monday("10:00"), monday("11:00")),
            Interval("running", monday("09:00"), monday("10:00")),
        ],
        [Interval("running", monday("09:00")), Interval("paused", monday("10:00"))],
    ],
    ids=["overlap", "out of order", "two that last"],
)
def test_contradicting_intervals_are_refused(wrong):
    for question in (
        lambda: elapsed(wrong, OFFICE, monday("12:00")),
        lambda: due_at(wrong, OFFICE, HOUR, monday("12:00")),
        lambda: remaining(wrong, OFFICE, HOUR, monday("12:00")),
    ):
        with pytest.raises(ValueError, match="overlap"):
            question()


def test_an_interval_must_go_forward_and_have_a_zone():
    with pytest.raises(ValueError, match="before"):
        Interval("running", monday("10:00"), monday("09:00"))
    with pytest.raises(ValueError, match="time zone"):
        Interval("running", dt.datetime(2026, 3, 2))  # noqa: DTZ001 (the point)
    # In autumn 02:50 comes before 02:10: by the wall backwards, in truth forwards.
    first = dt.datetime(2026, 10, 25, 2, 50, tzinfo=BERLIN)
    second = dt.datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert elapsed([Interval("running", first, second)], ALWAYS, second) == 20 * 60


# --- The mark in the list ---

DUE = monday("10:00:00")


@pytest.mark.parametrize(
    ("now", "state", "mark"),
    [
        ("09:44:59", "running", "ok"),
        ("09:45:00", "running", "warn"),
        ("10:00:00", "running", "warn"),
        ("10:00:00.000001", "running", "breached"),
        ("09:50:00", "paused", "paused"),
        ("10:00:01", "paused", "breached"),
        ("11:00:00", "met", "met"),
        ("09:00:00", "breached", "breached"),
    ],
)
def test_the_mark_warns_in_the_last_quarter(now, state, mark):
    assert chip(DUE, HOUR, monday(now), state) == mark


def test_the_mark_of_a_short_target_warns_for_at_least_a_second():
    assert chip(DUE, 3, monday("09:59:58.9"), "running") == "ok"
    assert chip(DUE, 3, monday("09:59:59"), "running") == "warn"


def test_the_mark_can_count_open_time():
    clock = [Interval("running", monday("16:00"))]
    due = due_at(clock, OFFICE, 4 * HOUR, monday("16:00"))
    warns = warn_at(clock, OFFICE, 4 * HOUR, monday("16:00"))
    assert (due, warns) == (tuesday("11:00"), tuesday("10:00"))

    assert chip(due, 4 * HOUR, tuesday("09:59"), "running", warns=warns) == "ok"
    assert chip(due, 4 * HOUR, tuesday("10:00"), "running", warns=warns) == "warn"


def test_without_a_due_time_the_mark_is_paused():
    assert chip(None, HOUR, monday("10:00"), "paused") == "paused"
    assert chip(None, HOUR, monday("10:00"), "running") == "paused"
