"""No page asks the database more than 15 times, however much there is to show."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import HOUR, MINUTE, TicketFactory
from tests.speed.counting import MOST, MOST_OF_A_QUEUE, SCRIPT, queries_of, told
from tests.tickets.customer_page.ways import opened
from tickets.actions.escalate import escalate
from tickets.actions.reply import note, receive, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import assign, take
from tickets.actions.transfer import transfer
from tickets.actions.wait import wait
from tickets.models import FollowUp, FollowUpStage, Ticket

QUEUES = ("mine", "open", "team", "late", "second", "waiting", "all")
SOLVED = {"root_cause": "a", "solution": "b", "words": "c"}


def fill(number, wang, zhao):
    """Make so many tickets in each of the states that pages show."""
    now = timezone.now()
    for _each in range(number):
        taken, waits, up, done, open_call = (
            TicketFactory(now=now - 30 * HOUR) for _state in range(5)
        )
        TicketFactory(now=now)
        for one in (taken, waits, done, open_call):
            take(ticket=one, by=wang, now=now - 29 * HOUR)
        reply(ticket=waits, body="?", by=wang, now=now - HOUR)
        wait(ticket=waits, status="waiting_customer", by=wang, now=now)
        escalate(ticket=up, reason="hard", by=wang, now=now)
        for one in (done, open_call):
            resolve(ticket=one, by=wang, now=now - HOUR, **SOLVED)
        FollowUp.objects.filter(ticket=open_call).update(
            stage=FollowUpStage.CALL, due_at=now - MINUTE, missed_at=now - MINUTE
        )
    Ticket.objects.filter(status="open").update(due_at=now - MINUTE)


def talk(ticket, number, wang, zhao):
    """Make a conversation with everything in it."""
    now = timezone.now()
    assign(ticket=ticket, to=wang, by=zhao, now=now)
    for _each in range(number):
        receive(ticket=ticket, body="?", now=now)
        reply(ticket=ticket, body="!", by=wang, now=now)
        note(ticket=ticket, body="#", by=zhao, now=now)
        assign(ticket=ticket, to=zhao, by=wang, now=now)
        assign(ticket=ticket, to=wang, by=zhao, now=now)


def costs_the_same(page, first, more, most=MOST):
    """Ask for the page with little and with much on it."""
    costs = []
    for add in (first, more):
        add()
        page()
        asked = queries_of(page)
        costs.append(len(asked))
        assert len(asked) <= most, told(asked)
    assert costs[0] == costs[1], told(asked)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue(queue, client, wang, zhao):
    client.force_login(zhao if queue == "second" else wang)
    costs_the_same(
        lambda: client.get(f"/inbox/?queue={queue}"),
        lambda: fill(1, wang, zhao),
        lambda: fill(4, wang, zhao),
        MOST_OF_A_QUEUE,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/desk/",
        "/desk/received/",
        "/desk/resolved/",
        "/desk/open/",
        "/follow-ups/?tab=mine",
        "/follow-ups/?tab=team",
        "/follow-ups/?tab=missed",
        "/follow-ups/?tab=done",
        "/quality/today/",
        "/quality/today/first-response/",
        "/quality/today/resolution/",
        "/quality/today/follow-ups/",
        "/quality/today/reopened/",
        "/inbox/new/",
        "/profile/",
    ],
)
def test_a_page_of_the_desk(path, client, wang, zhao):
    client.force_login(zhao)
    costs_the_same(
        lambda: client.get(path),
        lambda: fill(1, wang, zhao),
        lambda: fill(4, wang, zhao),
    )


@pytest.mark.parametrize("headers", [{}, SCRIPT, {**SCRIPT, "HX-Target": "list"}])
@pytest.mark.parametrize("state", ["open", "resolved", "handed over"])
def test_a_ticket(state, headers, client, ticket, wang, zhao, chen):
    talk(ticket, 1, wang, zhao)
    now = timezone.now()
    if state == "resolved":
        resolve(ticket=ticket, by=wang, now=now, **SOLVED)
    if state == "handed over":
        transfer(
            ticket=ticket, team=chen.memberships.get().team, to=chen, words="w",
            hand_over="h", by=wang, now=now,
        )  # fmt: skip
    client.force_login(wang)
    active = state != "resolved"
    costs_the_same(
        lambda: client.get(f"/inbox/{ticket.number}/", headers=headers),
        lambda: fill(1, wang, zhao),
        lambda: talk(ticket, 5, wang, zhao) if state == "open" else fill(4, wang, zhao),
    )
    assert active or headers or FollowUp.objects.filter(ticket=ticket).exists()


def test_the_pages_without_login(wang, zhao, ticket):
    visitor = Client()
    for path in ("/help/", "/help/request/", "/accounts/login/"):
        visitor.get(path)
        asked = queries_of(lambda path=path: visitor.get(path))
        assert len(asked) <= MOST, told(asked)
    page = opened(visitor, ticket, timezone.now())
    costs_the_same(
        lambda: visitor.get(page),
        lambda: talk(ticket, 1, wang, zhao),
        lambda: talk(ticket, 4, wang, zhao),
    )
