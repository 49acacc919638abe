"""The history of a ticket in words, in both languages."""

import re

import pytest
from django.utils import translation

from tests.desk import fresh
from tests.factories import DAY, HOUR, NOW, TicketFactory, team_of
from tickets.actions.classify import classify
from tickets.actions.escalate import escalate
from tickets.actions.follow_up import advance, answer, record_call
from tickets.actions.reply import reply
from tickets.actions.resolve import reopen, resolve, undo_resolve
from tickets.actions.take import assign, take, undo_assign
from tickets.actions.transfer import transfer
from tickets.actions.wait import wait
from tickets.actions.watch_clocks import check_clock
from tickets.models import (
    EventKind,
    FollowUpOutcome,
    Phase,
    Severity,
    TicketEvent,
    TicketStatus,
    Urgency,
)
from tickets.queries.conversation import entries, public_entries
from tickets.queries.events import Names, sentence


def solve(ticket, by, now):
    resolve(ticket=ticket, root_cause="", solution="", words="ok", by=by, now=now)


@pytest.fixture
def eventful(ticket, wang, li, zhao, chen, sun):
    """Let everything happen to a ticket that can."""
    clock = ticket.clocks.get(target="first_response")
    check_clock(pk=clock.pk, now=clock.warn_at)
    check_clock(pk=clock.pk, now=clock.due_at + HOUR)
    take(ticket=ticket, by=wang, now=NOW)
    undo_assign(ticket=ticket, by=wang, now=NOW)
    take(ticket=ticket, by=wang, now=NOW)
    assign(ticket=ticket, to=li, by=wang, now=NOW)
    assign(ticket=ticket, to=None, by=li, now=NOW)
    reply(ticket=ticket, body="r", by=li, now=NOW)
    wait(ticket=ticket, status=TicketStatus.WAITING_CUSTOMER, by=li, now=NOW)
    classify(
        ticket=ticket,
        category=ticket.category,
        severity=Severity.CRITICAL,
        urgency=Urgency.NOW,
        phase=Phase.IN_SALE,
        by=li,
        now=NOW,
    )
    transfer(
        ticket=ticket,
        team=team_of("technical"),
        to=chen,
        words="w",
        hand_over="h",
        by=li,
        now=NOW,
    )
    escalate(ticket=ticket, reason="r", by=chen, now=NOW)
    solve(ticket, sun, NOW)
    undo_resolve(ticket=ticket, by=sun, now=NOW)
    solve(ticket, sun, NOW + HOUR)
    row = ticket.follow_ups.owed().get()
    for moment in (HOUR * 2, DAY * 2, DAY * 3):
        advance(pk=row.pk, now=NOW + moment)
    record_call(
        follow_up=row,
        outcome=FollowUpOutcome.UNREACHABLE,
        words="",
        by=sun,
        now=NOW + DAY,
    )
    answer(ticket=ticket, satisfied=True, now=NOW + DAY)
    reopen(ticket=ticket, reason="inner reason", by=sun, now=NOW + 2 * DAY)
    return ticket


def test_everything_that_can_happen_has_happened_here(eventful):
    happened = set(eventful.events.values_list("kind", flat=True))
    assert happened == set(EventKind.values)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_event_is_a_sentence(eventful, language):
    events = list(eventful.events.select_related("by").order_by("id"))
    with translation.override(language):
        words = [sentence(event, Names(events)) for event in events]
    for event, text in zip(events, words, strict=True):
        assert text.strip(), event.kind
        assert "%(" not in text
        assert not re.search(r"\bNone\b", text)
    if language == "en":
        joined = "\n".join(words)
        assert "assigned to Li Lei" in joined
        assert "put back into the queue" in joined
        assert "transferred from Call centre to Technical support — h" in joined
        assert "escalated to the second level, to Sun Hao — r" in joined
        assert "classified, priority Urgent" in joined


def test_each_kind_has_words_even_with_nothing_filled_in(ticket):
    bare = {
        "status": "open",
        "warned": "resolution",
        "breached": "resolution",
        "followed_up": "satisfied",
        "classified": "1:1:1:1:in_sale",
    }
    teams = {"before": str(ticket.team_id), "after": str(ticket.team_id)}
    for kind in EventKind.values:
        known = teams if kind == "transferred" else {"after": bare.get(kind, "")}
        event = TicketEvent.objects.create(ticket=ticket, kind=kind, at=NOW, **known)
        assert sentence(event, Names([event]))


def test_a_colleague_or_team_that_is_gone_breaks_nothing(ticket):
    for kind in ("assigned", "escalated", "call_due", "missed"):
        event = TicketEvent(ticket=ticket, kind=kind, at=NOW, after="99999999")
        assert sentence(event, Names([event]))
    event = TicketEvent(
        ticket=ticket, kind="transferred", at=NOW, before="99999998", after="99999999"
    )
    assert sentence(event, Names([event]))


def test_a_history_costs_at_most_two_queries(eventful, django_assert_max_num_queries):
    events = list(eventful.events.select_related("by"))
    with django_assert_max_num_queries(2):
        names = Names(events)
        for event in events:
            sentence(event, names)


def address(_row):
    return "/file/"


def test_colleagues_read_messages_and_events_in_one_thread(eventful):
    thread = entries(fresh(eventful), address, address)
    assert [each["at"] for each in thread] == sorted(each["at"] for each in thread)
    assert {each["type"] for each in thread} == {"message", "event"}
    assert any(each.get("kind") == "note" for each in thread)


def test_the_customer_reads_no_note_and_no_inner_story(eventful):
    thread = public_entries(fresh(eventful), address)
    text = str(thread)
    assert all(each.get("kind") != "note" for each in thread)
    for inner in ("inner reason", "second level", "missed", "call"):
        assert inner not in text


def test_what_a_customer_writes_cannot_run(desk):
    from tickets.queries.conversation import body_html  # noqa: PLC0415

    html = body_html(
        '<script>alert(1)</script>\nhttps://a.example/?x="onload=alert(1) javascript:1'
    )
    assert "<script" not in html
    assert '"onload' not in html
    assert "<br>" in html
    assert 'href="javascript' not in html
    assert TicketFactory(body="<b>").messages.get().body == "<b>"
