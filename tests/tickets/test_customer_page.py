"""What the customer writes on the signed page, wherever the ticket stands."""

import uuid

import pytest

from servicedesk.core.errors import RuleError
from tests.desk import fresh
from tests.factories import DAY, HOUR, MINUTE, NOW
from tickets.actions.customer_page import customer_writes
from tickets.actions.follow_up import answer
from tickets.actions.resolve import resolve
from tickets.models import FollowUpOutcome, Ticket, TicketStatus


@pytest.fixture
def resolved(ticket, wang):
    return resolve(
        ticket=ticket, root_cause="", solution="", words="Done", by=wang, now=NOW
    )


def test_on_an_open_ticket_it_is_a_message(ticket):
    customer_writes(ticket=ticket, body="还有一个问题", now=NOW + MINUTE)
    assert ticket.messages.count() == 2
    assert fresh(ticket).status == TicketStatus.NEW


def test_thanks_reopens_nothing(resolved):
    customer_writes(ticket=resolved, body="谢谢！", needs_answer=False, now=NOW + HOUR)
    now = fresh(resolved)
    assert now.status == TicketStatus.RESOLVED
    assert now.unanswered_since is None
    assert resolved.follow_ups.owed().count() == 1
    assert not resolved.clocks.filter(state="running").exists()


def test_a_word_that_needs_an_answer_means_not_solved(resolved, zhao):
    customer_writes(ticket=resolved, body="还是不行", now=NOW + HOUR)
    now = fresh(resolved)
    assert (now.status, now.level, now.assignee) == (TicketStatus.OPEN, 2, zhao)
    assert now.unanswered_since == NOW + HOUR
    assert resolved.follow_ups.get().outcome == FollowUpOutcome.NOT_SATISFIED
    running = resolved.clocks.filter(state="running").values_list("target", flat=True)
    assert set(running) == {"resolution", "next_response"}


def test_a_word_on_a_closed_ticket_opens_it_again(resolved):
    answer(ticket=resolved, satisfied=True, now=NOW + HOUR)
    customer_writes(ticket=resolved, body="又坏了", now=NOW + 9 * DAY)
    now = fresh(resolved)
    assert (now.status, now.closed_at, now.level) == (TicketStatus.OPEN, None, 1)
    assert now.unanswered_since == NOW + 9 * DAY
    assert resolved.events.filter(kind="reopened").count() == 1


def test_the_same_form_twice_reopens_once(resolved):
    key = uuid.uuid4()
    for _ in range(2):
        customer_writes(
            ticket=resolved, body="还是不行", now=NOW + HOUR, client_key=key
        )
    assert resolved.messages.filter(kind="inbound").count() == 2
    assert resolved.events.filter(kind="reopened").count() == 1


@pytest.mark.parametrize("status", ["merged", "spam"])
def test_where_nobody_reads_the_customer_is_told(ticket, status):
    Ticket.objects.update(status=status)
    with pytest.raises(RuleError, match="write a new one"):
        customer_writes(ticket=ticket, body="?", now=NOW)
    assert ticket.messages.count() == 1
