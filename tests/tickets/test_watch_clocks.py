"""Warnings before a promise breaks, and what happens when it is broken."""

import datetime as dt

import pytest
from django.db import IntegrityError

from tests.desk import at_once, fresh
from tests.factories import HOUR, MINUTE, NOW, TicketFactory, UserFactory
from tickets import tasks
from tickets.actions.reply import reply
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.wait import wait
from tickets.actions.watch_clocks import check_clock
from tickets.models import ServiceClock, TicketStatus
from tickets.tasks import sweep_clocks

SECOND = dt.timedelta(seconds=1)


def kinds(ticket):
    return [event.kind for event in ticket.events.order_by("id")]


def promise(ticket, target="first_response"):
    return ticket.clocks.get(target=target)


def test_a_promise_warns_once_before_it_breaks(ticket):
    clock = promise(ticket)
    assert clock.warn_at < clock.due_at
    assert not check_clock(pk=clock.pk, now=clock.warn_at - SECOND)
    assert check_clock(pk=clock.pk, now=clock.warn_at)
    assert not check_clock(pk=clock.pk, now=clock.warn_at + SECOND)
    assert kinds(ticket).count("warned") == 1
    assert ticket.events.get(kind="warned").after == "first_response"
    assert fresh(clock).state == "running"


def test_a_promise_breaks_once(ticket):
    clock = promise(ticket)
    assert not check_clock(pk=clock.pk, now=clock.warn_at - SECOND)
    assert check_clock(pk=clock.pk, now=clock.due_at + SECOND)
    assert not check_clock(pk=clock.pk, now=clock.due_at + HOUR)
    assert fresh(clock).breached_at == clock.due_at
    assert kinds(ticket).count("breached") == 1
    assert kinds(ticket).count("warned") == 0, "after the breach no warning helps"


def test_due_is_not_late(ticket):
    clock = promise(ticket)
    clock.warned_at = NOW
    clock.save()
    assert not check_clock(pk=clock.pk, now=clock.due_at)
    assert fresh(clock).breached_at is None


def test_a_broken_promise_of_resolution_goes_up(ticket, wang, zhao):
    take(ticket=ticket, by=wang, now=NOW)
    clock = promise(ticket, "resolution")
    check_clock(pk=clock.pk, now=clock.due_at + SECOND)
    now = fresh(ticket)
    assert (now.level, now.assignee) == (2, zhao)
    assert kinds(ticket)[-2:] == ["breached", "escalated"]
    assert ticket.events.get(kind="escalated").by is None


def test_at_the_second_level_it_stays_where_it_is(ticket, wang, zhao):
    from tickets.actions.escalate import escalate  # noqa: PLC0415

    escalate(ticket=ticket, reason="", by=wang, now=NOW)
    clock = promise(ticket, "resolution")
    assert check_clock(pk=clock.pk, now=clock.due_at + SECOND)
    assert kinds(ticket).count("escalated") == 1


def test_a_broken_promise_of_an_answer_does_not_go_up(ticket, zhao):
    clock = promise(ticket)
    check_clock(pk=clock.pk, now=clock.due_at + SECOND)
    assert fresh(ticket).level == 1


def test_what_broke_unseen_is_still_a_breach_when_it_is_answered(ticket, wang):
    clock = promise(ticket)
    reply(ticket=ticket, body="Sorry", by=wang, now=clock.due_at + HOUR)
    late = fresh(clock)
    assert (late.state, late.breached_at) == ("breached", clock.due_at)
    assert not check_clock(pk=clock.pk, now=clock.due_at + 2 * HOUR)


def test_a_paused_clock_neither_warns_nor_breaks(ticket, wang):
    reply(ticket=ticket, body="Which one?", by=wang, now=NOW)
    wait(ticket=ticket, status=TicketStatus.WAITING_CUSTOMER, by=wang, now=NOW + MINUTE)
    for clock in ticket.clocks.all():
        assert not check_clock(pk=clock.pk, now=NOW + 1000 * HOUR)
    sweep_clocks.apply()
    assert not {"warned", "breached"} & set(kinds(ticket))


def test_a_kept_promise_neither_warns_nor_breaks(ticket, wang):
    resolve(ticket=ticket, root_cause="", solution="", words="Done", by=wang, now=NOW)
    for clock in ticket.clocks.all():
        assert not check_clock(pk=clock.pk, now=NOW + 1000 * HOUR)
    assert sweep_clocks.apply().get() == 0


def test_a_clock_that_is_gone_is_no_error(desk):
    assert check_clock(pk=10**9, now=NOW) is False


def test_a_sweep_finds_what_is_late_and_does_it_once(ticket):
    other = TicketFactory(channel="chat")
    assert sweep_clocks.apply().get() == 4
    assert sweep_clocks.apply().get() == 0
    for each in (ticket, other):
        assert kinds(each).count("breached") == 2
        assert kinds(each).count("escalated") == 1


def test_a_sweep_warns_before_it_is_late(ticket, settings):
    far = dt.datetime(2900, 1, 1, tzinfo=dt.UTC)
    ServiceClock.objects.update(due_at=far, warn_at=NOW)
    assert sweep_clocks.apply().get() == 2
    assert sweep_clocks.apply().get() == 0
    assert kinds(ticket).count("warned") == 2


def test_a_sweep_goes_on_while_batches_are_full(ticket, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH", 3)
    for _ in range(3):
        TicketFactory(channel="chat")
    assert sweep_clocks.apply().get() == 8
    assert sweep_clocks.apply().get() == 0


def test_a_sweep_ends_when_its_time_is_up(ticket, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH", 1)
    monkeypatch.setattr(tasks, "CLOCK_SECONDS", 0.0)
    assert sweep_clocks.apply().get() == 0
    monkeypatch.setattr(tasks, "CLOCK_SECONDS", 30.0)
    assert sweep_clocks.apply().get() == 2


def test_clocks_that_cannot_be_dealt_with_do_not_keep_a_sweep_busy(ticket, monkeypatch):
    def refused(**_given):
        raise IntegrityError

    monkeypatch.setattr(tasks, "BATCH", 2)
    monkeypatch.setattr(tasks, "check_clock", refused)
    assert sweep_clocks.apply().get() == 0


def test_two_sweeps_at_once_tell_of_each_breach_once(committed):
    UserFactory(display_name="Zhao Min", team="call-centre", lead=True)
    tickets = [TicketFactory(channel="chat") for _ in range(3)]
    at_once(*[lambda: sweep_clocks.apply().get()] * 2)
    sweep_clocks.apply()
    for ticket in tickets:
        assert kinds(ticket).count("breached") == 2
        assert kinds(ticket).count("escalated") == 1


@pytest.mark.parametrize("channel", ["chat", "phone"])
def test_the_shortest_promises_warn_too(desk, channel):
    clock = promise(TicketFactory(channel=channel))
    assert NOW < clock.warn_at < clock.due_at
