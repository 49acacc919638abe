"""What people hear of about their tickets, and what they do not."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.core.models import LiveEvent, Notification
from servicedesk.core.notifications.words import sentence_of, url_of
from tests.desk import fresh
from tests.factories import DAY, HOUR, NOW, TicketFactory
from tickets.actions import letters, notices
from tickets.actions.customer_page import customer_writes
from tickets.actions.escalate import escalate
from tickets.actions.follow_up import advance, answer
from tickets.actions.resolve import resolve
from tickets.actions.take import assign, take
from tickets.actions.transfer import transfer
from tickets.actions.watch_clocks import check_clock
from tickets.models import ClockState, LetterState


@pytest.fixture
def mine(ticket, wang):
    """Wang Fang has taken the ticket of the silent headphones."""
    return take(ticket=ticket, by=wang, now=NOW)


def heard(user):
    rows = Notification.objects.filter(user=user).order_by("created_at", "pk")
    return [row.kind for row in rows]


def solve(ticket, by):
    return resolve(
        ticket=ticket, root_cause="cable", solution="new one", words="Sent.", by=by,
        now=NOW,
    )  # fmt: skip


def test_nobody_hears_of_what_they_did_themselves(mine, wang):
    assert heard(wang) == []


def test_who_is_given_a_ticket_hears_of_it(ticket, wang, zhao):
    assign(ticket=ticket, to=wang, by=zhao, now=NOW)
    row = Notification.objects.get(user=wang)
    assert row.kind == notices.ASSIGNED
    assert sentence_of(row) == f"{ticket.number} was assigned to you."
    assert url_of(row) == reverse("tickets:ticket", args=[ticket.number])


def test_transferred_and_escalated(mine, wang, zhao, chen, sun):
    escalate(ticket=mine, reason="hard", by=wang, now=NOW)
    assert heard(zhao) == [notices.ESCALATED]
    transfer(
        ticket=fresh(mine), team=chen.memberships.get().team, to=chen,
        words="We pass you on.", hand_over="No sound.", by=zhao, now=NOW,
    )  # fmt: skip
    assert heard(chen) == [notices.TRANSFERRED]
    assert heard(wang) == []


def test_the_customer_writes(mine, wang):
    customer_writes(ticket=mine, body="还是没有声音", now=NOW + HOUR)
    assert heard(wang) == [notices.WROTE]
    assert "没有声音" not in str(Notification.objects.values().get())


def test_not_solved_is_heard_of_once(mine, wang, zhao):
    solve(mine, wang)
    answer(ticket=fresh(mine), satisfied=False, now=NOW + HOUR)
    assert heard(zhao) == [notices.REOPENED]
    assert heard(wang) == []


def test_a_promise_due_soon_and_broken(mine, wang, zhao):
    clock = mine.clocks.filter(state=ClockState.RUNNING).order_by("due_at").last()
    check_clock(pk=clock.pk, now=clock.warn_at)
    check_clock(pk=clock.pk, now=clock.due_at + DAY)
    assert heard(wang) == [notices.DUE_SOON, notices.BREACHED]
    assert heard(zhao) == [notices.ESCALATED]
    words = [sentence_of(row) for row in Notification.objects.filter(user=wang)]
    assert all(clock.get_target_display() in each for each in words)


def test_a_follow_up_call_due_and_missed(mine, wang, zhao):
    solve(mine, wang)
    row = mine.follow_ups.get()
    for _ in range(3):
        row = fresh(row)
        advance(pk=row.pk, now=row.next_at)
    assert heard(wang) == [notices.CALL_DUE]
    assert heard(zhao) == [notices.CALL_MISSED]


def test_a_letter_that_nobody_can_be_sure_of(mine, wang):
    letter = mine.letters.get()
    type(letter).objects.update(state=LetterState.SENDING, taken_at=NOW)
    letters.mark_stuck(now=NOW + HOUR)
    letters.mark_stuck(now=NOW + HOUR)
    assert heard(wang) == [notices.LETTER]


def test_nobody_hears_where_nobody_has_the_ticket(desk):
    customer_writes(ticket=TicketFactory(), body="Hello?", now=NOW)
    assert not Notification.objects.exists()


def test_out_of_sight_the_number_is_all_and_the_way_is_closed(
    ticket, wang, zhao, chen, client
):
    assign(ticket=ticket, to=wang, by=zhao, now=NOW)
    transfer(
        ticket=fresh(ticket), team=chen.memberships.get().team, to=None,
        words="We pass you on.", hand_over="No sound.", by=zhao, now=NOW,
    )  # fmt: skip
    client.force_login(wang)
    page = client.get(reverse("notifications:list")).content.decode()
    assert ticket.number in page
    assert ticket.subject not in page
    row = Notification.objects.get(user=wang)
    assert (
        client.get(
            reverse("notifications:open", args=[row.pk]), follow=True
        ).status_code
        == 404
    )


# --- opening a ticket is reading what told of it ---


def unread(user):
    rows = Notification.objects.filter(user=user, read_at__isnull=True)
    return sorted(rows.values_list("ref", flat=True))


def bell(response):
    found = re.search(r'rail__count" aria-hidden="true">([^<]*)<', response)
    return found[1] if found else ""


@pytest.fixture
def wangs(client, wang):
    """Wang Fang's browser."""
    client.force_login(wang)
    return client


def opened(browser, ticket, **headers):
    address = reverse("tickets:ticket", args=[ticket.number])
    return browser.get(address, headers=headers).content.decode()


def test_who_opens_a_ticket_has_read_what_told_of_it(mine, wang, wangs):
    other = take(ticket=TicketFactory(), by=wang, now=NOW)
    for ticket in (mine, mine, other):
        customer_writes(ticket=ticket, body="还是没有声音", now=NOW + HOUR)
    assert len(heard(wang)) == 3

    page = opened(wangs, mine)

    assert unread(wang) == [other.number]
    assert bell(page) == "1"
    told = LiveEvent.objects.filter(channel=f"user:{wang.pk}", ref="read")
    assert told.count() == 1, "other pages hear of it"
    opened(wangs, other)
    assert unread(wang) == []


def test_a_page_that_renews_itself_has_read_nothing(mine, wang, wangs):
    customer_writes(ticket=mine, body="还是没有声音", now=NOW + HOUR)
    opened(wangs, mine, **{"X-Background": "1"})
    assert unread(wang) == [mine.number]


def test_who_opens_somebody_elses_ticket_reads_nothing_for_them(
    mine, wang, zhao, client
):
    customer_writes(ticket=mine, body="还是没有声音", now=NOW + HOUR)
    client.force_login(zhao)
    opened(client, mine)
    assert unread(wang) == [mine.number]


def test_of_very_many_that_wait_the_ticket_s_are_found(mine, wang, wangs):
    customer_writes(ticket=mine, body="还是没有声音", now=NOW + HOUR)
    others = [take(ticket=TicketFactory(), by=wang, now=NOW) for _ in range(10)]
    for ticket in others:
        customer_writes(ticket=ticket, body="还是没有声音", now=NOW + HOUR)
    page = opened(wangs, mine)
    assert unread(wang) == sorted(each.number for each in others)
    assert bell(page) == "9+"


def test_where_nothing_waited_nothing_more_is_asked(mine, wang, wangs):
    other = take(ticket=TicketFactory(), by=wang, now=NOW)
    counts = []
    for _time in range(2):
        opened(wangs, mine)
        with CaptureQueriesContext(connection) as asked:
            opened(wangs, mine)
        counts.append(len(asked))
        customer_writes(ticket=other, body="还是没有声音", now=NOW + HOUR)
    assert counts[0] == counts[1]
