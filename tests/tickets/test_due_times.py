"""Due times as the calendar has them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from servicedesk.core.models import BusinessCalendar
from tests.factories import NOW, TicketFactory
from tickets.actions.service_levels import publish_service_level
from tickets.models import ClockTarget, ServiceLevel

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due(ticket, target):
    return ticket.clocks.get(target=target).due_at


@pytest.mark.parametrize(("channel", "seconds"), [("chat", 3), ("phone", 5)])
def test_chat_and_phone_are_due_in_seconds_day_and_night(desk, channel, seconds):
    for moment in (NOW, at("2026-10-01T03:00:00.250")):
        ticket = TicketFactory(channel=channel, now=moment)
        assert due(ticket, "first_response") == moment + dt.timedelta(seconds=seconds)
        assert ticket.due_target == ClockTarget.FIRST_RESPONSE
        assert ticket.due_at == due(ticket, "first_response")


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        # A plain Wednesday: the same hour of the next day.
        ("2026-03-04T10:00", "2026-03-05T10:00"),
        # In the lunch break, counting begins when it ends.
        ("2026-03-04T12:30", "2026-03-04T18:00+1"),
        # On Friday afternoon the weekend does not count.
        ("2026-03-06T16:00", "2026-03-09T16:00"),
        # Saturday night: from Monday morning on.
        ("2026-03-07T23:00", "2026-03-09T18:00"),
        # The evening before National Day: after the holiday.
        ("2026-09-30T16:00", "2026-10-08T16:00"),
        # In the midst of it likewise.
        ("2026-10-03T11:00", "2026-10-08T18:00"),
    ],
)
def test_an_e_mail_is_due_in_one_working_day(desk, received, expected):
    ticket = TicketFactory(channel="email", now=at(received))
    if expected.endswith("+1"):
        # 13:00 to 18:00 today are five hours, three more are due tomorrow.
        expected = "2026-03-05T12:00"
    assert due(ticket, "first_response") == at(expected)


def test_a_make_up_workday_counts(desk):
    # Saturday 10 October 2026 is worked instead of a day of the holiday.
    ticket = TicketFactory(channel="email", now=at("2026-10-09T17:00"))
    assert due(ticket, "first_response") == at("2026-10-10T17:00")


def test_the_soonest_promise_orders_the_ticket(desk):
    ticket = TicketFactory(channel="email", now=NOW)
    clocks = {clock.target: clock.due_at for clock in ticket.clocks.all()}
    assert set(clocks) == {"first_response", "resolution"}
    assert ticket.due_at == min(clocks.values())
    assert ticket.due_seconds == 8 * 3600


def test_a_changed_level_binds_new_tickets_and_leaves_the_old_alone(desk):
    before = TicketFactory(channel="chat")
    level = ServiceLevel.objects.get(slug="chat")
    level.first_response = 30
    level.save()
    assert (
        TicketFactory(channel="chat").clocks.get(target="first_response").seconds == 3
    ), "a change counts only once it is published"
    version = publish_service_level(level=level, by=None, now=NOW)
    after = TicketFactory(channel="chat")
    assert after.service_level == version
    assert after.clocks.get(target="first_response").seconds == 30
    assert before.clocks.get(target="first_response").seconds == 3


def test_publishing_the_same_again_makes_no_version(desk):
    level = ServiceLevel.objects.get(slug="email")
    first = publish_service_level(level=level, by=None, now=NOW)
    assert publish_service_level(level=level, by=None, now=NOW) == first
    assert level.versions.count() == 1


def test_clocks_are_pinned_to_the_calendar_as_it_was(desk):
    ticket = TicketFactory(channel="email")
    office = BusinessCalendar.objects.get(slug="office-cn")
    for clock in ticket.clocks.all():
        assert clock.calendar == office.versions.get()
