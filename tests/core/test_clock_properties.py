import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.calendars import Calendar, add, open_seconds
from servicedesk.core.clocks import Interval, due_at, elapsed, remaining

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NINE, NOON, ONE, SIX = dt.time(9), dt.time(12), dt.time(13), dt.time(18)
OFFICE = Calendar("Asia/Shanghai", dict.fromkeys(range(5), ((NINE, NOON), (ONE, SIX))))
SUMMER_TIME = Calendar(
    "Europe/Berlin", dict.fromkeys(range(7), ((dt.time(1), dt.time(4)),))
)
ALWAYS = Calendar("UTC", always_open=True)
HOUR = 3600
steady = settings(deadline=None)  # a busy machine is no failure
calendars = st.sampled_from([OFFICE, SUMMER_TIME, ALWAYS])
targets = st.integers(1, 20 * HOUR * 1_000_000).map(lambda us: Decimal(us) / 1_000_000)


@st.composite
def clocks(draw, states=("running", "paused")):
    """Draw intervals in order, sometimes with gaps; the last one may still last."""
    at = dt.datetime(2026, 3, 26, tzinfo=dt.UTC) + dt.timedelta(
        microseconds=draw(st.integers(0, 5 * 86_400_000_000))
    )
    lengths = draw(st.lists(st.integers(0, 3 * 86_400_000_000), min_size=1, max_size=6))
    intervals = []
    for length in lengths:
        at += dt.timedelta(microseconds=draw(st.sampled_from([0, 0, 7, 10**9])))
        end = at + dt.timedelta(microseconds=length)
        intervals.append(Interval(draw(st.sampled_from(states)), at, end))
        at = end
    if draw(st.booleans()):
        last = intervals[-1]
        intervals[-1] = Interval(last.state, last.start)
    return intervals


def moment_in(data, intervals):
    return intervals[0].start + dt.timedelta(
        microseconds=data.draw(st.integers(-(10**9), 30 * 86_400_000_000))
    )


@steady
@given(clocks(), calendars, st.data())
def test_a_pause_never_raises_what_has_run(intervals, calendar, data):
    now = moment_in(data, intervals)
    which = data.draw(st.integers(0, len(intervals) - 1))
    chosen = intervals[which]
    paused = [
        *intervals[:which],
        Interval("paused", chosen.start, chosen.end),
        *intervals[which + 1 :],
    ]

    assert elapsed(paused, calendar, now) <= elapsed(intervals, calendar, now)


@steady
@given(clocks(states=["running"]), calendars, targets, st.data())
def test_a_pause_never_brings_the_due_time_nearer(intervals, calendar, target, data):
    start = intervals[0].start
    begins, ends = sorted(
        start + dt.timedelta(microseconds=data.draw(st.integers(0, 86_400_000_000)))
        for _edge in range(2)
    )
    now = ends
    whole = [Interval("running", start)]
    broken = [
        Interval("running", start, begins),
        Interval("paused", begins, ends),
        Interval("running", ends),
    ]

    assert due_at(broken, calendar, target, now) >= due_at(whole, calendar, target, now)


@steady
@given(clocks(), calendars, targets, st.data())
def test_splitting_an_interval_changes_nothing(intervals, calendar, target, data):
    now = moment_in(data, intervals)
    which = data.draw(st.integers(0, len(intervals) - 1))
    one = intervals[which]
    longest = (one.end or one.start + dt.timedelta(days=9)) - one.start
    cut = one.start + dt.timedelta(
        microseconds=data.draw(st.integers(0, longest // dt.timedelta(microseconds=1)))
    )
    split = [
        *intervals[:which],
        Interval(one.state, one.start, cut),
        Interval(one.state, cut, one.end),
        *intervals[which + 1 :],
    ]

    assert elapsed(split, calendar, now) == elapsed(intervals, calendar, now)
    assert due_at(split, calendar, target, now) == due_at(
        intervals, calendar, target, now
    )


@steady
@given(
    clocks(),
    calendars,
    targets,
    st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/New_York")]),
    st.data(),
)
def test_the_same_moments_in_another_zone_change_nothing(
    intervals, calendar, target, zone, data
):
    now = moment_in(data, intervals)
    moved = [
        Interval(
            one.state,
            one.start.astimezone(zone),
            one.end and one.end.astimezone(zone),
        )
        for one in intervals
    ]

    there = now.astimezone(zone)
    assert elapsed(moved, calendar, there) == elapsed(intervals, calendar, now)
    assert due_at(moved, calendar, target, there) == due_at(
        intervals, calendar, target, now
    )


@steady
@given(clocks(), calendars, targets)
def test_what_has_run_at_the_added_moment_is_what_was_added(
    intervals, calendar, target
):
    start = intervals[0].start
    running = [Interval("running", start)]

    assert elapsed(running, calendar, add(calendar, start, target)) == float(target)


@steady
@given(clocks(), calendars, targets, st.data())
def test_at_the_due_time_exactly_the_target_has_run(intervals, calendar, target, data):
    now = moment_in(data, intervals)
    due = due_at(intervals, calendar, target, now)
    if due is None:  # then it does not run, and the target is not used up
        now_running = [
            one
            for one in intervals
            if one.start <= now and (one.end is None or one.end > now)
        ]
        assert [one.state for one in now_running] in ([], ["paused"])
        assert remaining(intervals, calendar, target, now) > 0
        return

    known = [one for one in intervals if one.start <= now]
    if due > now:  # foretold, as if what runs now went on
        known[-1] = Interval(known[-1].state, known[-1].start)
    assert elapsed(known, calendar, due) == float(target)
    assert (remaining(intervals, calendar, target, now) > 0) == (now < due)


@steady
@given(clocks(), calendars, st.data())
def test_what_has_run_never_falls_as_time_goes_on(intervals, calendar, data):
    now = moment_in(data, intervals)
    later = now + dt.timedelta(microseconds=data.draw(st.integers(0, 10**12)))

    before = elapsed(intervals, calendar, now)
    assert 0 <= before <= elapsed(intervals, calendar, later)


@steady
@given(clocks(), calendars, st.data())
def test_what_has_run_is_never_more_than_the_open_time(intervals, calendar, data):
    now = moment_in(data, intervals)

    assert elapsed(intervals, calendar, now) <= open_seconds(
        calendar, intervals[0].start, now
    )
