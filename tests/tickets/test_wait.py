"""Whom a ticket waits for, and which clocks stand still meanwhile."""

import pytest

from servicedesk.core.errors import RuleError
from tests.desk import fresh
from tests.factories import HOUR, MINUTE, NOW, TicketFactory
from tickets.actions.reply import receive, reply
from tickets.actions.resolve import resolve
from tickets.actions.wait import wait
from tickets.models import TicketStatus

CUSTOMER = TicketStatus.WAITING_CUSTOMER
COLLEAGUES = TicketStatus.WAITING_COLLEAGUES


def resolution(ticket):
    return ticket.clocks.get(target="resolution")


def test_while_the_customers_answer_is_awaited_no_clock_runs(desk, wang):
    ticket = TicketFactory(channel="chat")
    due = resolution(ticket).due_at
    reply(ticket=ticket, body="Which colour?", by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW + HOUR)
    paused = resolution(ticket)
    assert (paused.state, paused.due_at, fresh(ticket).due_at) == ("paused", None, None)
    receive(ticket=ticket, body="Blue", now=NOW + 4 * HOUR)
    assert fresh(ticket).status == TicketStatus.OPEN
    running = resolution(ticket)
    assert running.state == "running"
    assert running.due_at == due + 3 * HOUR


def test_each_stretch_is_kept(desk, wang):
    ticket = TicketFactory(channel="chat")
    reply(ticket=ticket, body="Which one?", by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW + MINUTE)
    wait(ticket=ticket, status=TicketStatus.OPEN, by=wang, now=NOW + 3 * MINUTE)
    resolve(
        ticket=ticket,
        root_cause="",
        solution="",
        words="Done",
        by=wang,
        now=NOW + 7 * MINUTE,
    )
    clock = resolution(ticket)
    stretches = [
        (each.state, each.end - each.start)
        for each in clock.intervals.order_by("start", "id")
    ]
    assert stretches == [
        ("running", MINUTE),
        ("paused", 2 * MINUTE),
        ("running", 4 * MINUTE),
    ]
    assert clock.elapsed == 5 * 60


def test_waiting_on_colleagues_is_waiting_on_us(desk, wang):
    ticket = TicketFactory(channel="chat")
    wait(ticket=ticket, status=COLLEAGUES, by=wang, now=NOW)
    assert resolution(ticket).state == "running"


def test_from_the_customer_to_colleagues_the_clocks_run_on(desk, wang):
    ticket = TicketFactory(channel="chat")
    reply(ticket=ticket, body="Which one?", by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW)
    wait(ticket=ticket, status=COLLEAGUES, by=wang, now=NOW + HOUR)
    assert resolution(ticket).state == "running"


def test_waiting_twice_is_no_news(ticket, wang):
    reply(ticket=ticket, body="Which one?", by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW + HOUR)
    waits = ticket.events.filter(kind="status", after="waiting_customer")
    assert waits.count() == 1
    assert resolution(ticket).intervals.count() == 2


def test_the_reason_stands_in_the_history(ticket, wang):
    reply(ticket=ticket, body="Which one?", by=wang, now=NOW)
    wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW, reason="photo asked for")
    event = ticket.events.get(kind="status", after="waiting_customer")
    assert (event.before, event.after, event.reason, event.by) == (
        "open",
        "waiting_customer",
        "photo asked for",
        wang,
    )


@pytest.mark.parametrize("status", ["resolved", "closed", "spam", "merged", "new"])
def test_waiting_is_no_way_round_resolving(ticket, wang, status):
    with pytest.raises(RuleError):
        wait(ticket=ticket, status=TicketStatus(status), by=wang, now=NOW)
    assert fresh(ticket).status == TicketStatus.NEW


@pytest.mark.parametrize("status", [TicketStatus.OPEN, CUSTOMER, COLLEAGUES])
def test_waiting_is_no_way_round_reopening(ticket, wang, status):
    resolve(ticket=ticket, root_cause="", solution="", words="Done", by=wang, now=NOW)
    with pytest.raises(RuleError, match="over"):
        wait(ticket=ticket, status=status, by=wang, now=NOW + HOUR)
    assert fresh(ticket).status == TicketStatus.RESOLVED
    assert ticket.follow_ups.owed().count() == 1


def test_nobody_waits_for_an_answer_to_silence(desk, wang):
    ticket = TicketFactory()
    with pytest.raises(RuleError, match="Answer the customer first"):
        wait(ticket=ticket, status=CUSTOMER, by=wang, now=NOW)
    assert fresh(ticket).status == TicketStatus.NEW
    assert resolution(ticket).state == "running"
