"""Resolving, taking it back, and opening again."""

import pytest
from django.db import connection

from servicedesk.core.errors import RuleError
from tests.desk import at_once, fresh, while_open
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory, UserFactory
from tickets.actions import follow_up
from tickets.actions.customer_page import customer_writes
from tickets.actions.reply import receive, reply
from tickets.actions.resolve import reopen, resolve, undo_resolve
from tickets.actions.take import take
from tickets.actions.wait import wait
from tickets.models import Draft, FollowUp, FollowUpStage, TicketStatus
from tickets.signals import ticket_reopened, ticket_resolved


def solve(ticket, by, now=NOW):
    return resolve(
        ticket=ticket,
        root_cause=" loose cable ",
        solution=" replaced ",
        words="线松了，已经更换。",
        by=by,
        now=now,
    )


@pytest.fixture
def received():
    """Connect receivers to signals for the length of a test."""
    connected = []

    def connect(signal, receiver):
        signal.connect(receiver, weak=False)
        connected.append((signal, receiver))

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)


def test_a_resolved_ticket_owes_exactly_one_follow_up_in_48_hours(ticket, wang):
    take(ticket=ticket, by=wang, now=NOW)
    solve(ticket, wang, NOW + HOUR)
    now = fresh(ticket)
    assert (now.status, now.resolved_at, now.resolved_by) == (
        TicketStatus.RESOLVED,
        NOW + HOUR,
        wang,
    )
    assert (now.root_cause, now.solution) == ("loose cable", "replaced")
    owed = ticket.follow_ups.get()
    assert owed.due_at - owed.resolved_at == 2 * DAY
    assert owed.resolved_at == NOW + HOUR
    assert (owed.stage, owed.owner, owed.team) == (
        FollowUpStage.SCHEDULED,
        wang,
        ticket.team,
    )


def test_resolving_says_so_to_the_customer_and_meets_the_promises(ticket, wang):
    solve(ticket, wang)
    assert ticket.messages.last().body == "线松了，已经更换。"
    states = {clock.target: clock.state for clock in ticket.clocks.all()}
    assert states == {"first_response": "met", "resolution": "met"}
    assert fresh(ticket).due_at is None
    assert fresh(ticket).unanswered_since is None


def test_resolved_twice_is_refused(ticket, wang):
    solve(ticket, wang)
    with pytest.raises(RuleError, match="resolved already"):
        solve(ticket, wang, NOW + HOUR)
    assert ticket.follow_ups.count() == 1
    assert ticket.messages.count() == 2


def test_resolved_twice_at_once_is_one_resolution(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    outcomes = at_once(
        lambda: solve(ticket, wang), lambda: solve(ticket, wang, NOW + MINUTE)
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["RuleError", "Ticket"]
    assert ticket.follow_ups.count() == 1
    assert ticket.messages.count() == 2


def test_the_follow_up_is_there_the_moment_the_resolution_is(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()

    def look():
        return fresh(ticket).status, FollowUp.objects.count()

    _resolved, before = while_open(lambda: solve(ticket, wang), look)
    assert before == (TicketStatus.NEW, 0)
    assert look() == (TicketStatus.RESOLVED, 1)


def test_if_an_app_above_fails_nothing_is_resolved(ticket, wang, received):
    def fail(**_signal):
        raise ZeroDivisionError

    received(ticket_resolved, fail)
    with pytest.raises(ZeroDivisionError):
        solve(ticket, wang)
    assert fresh(ticket).status == TicketStatus.NEW
    assert not ticket.follow_ups.exists()
    assert ticket.messages.count() == 1
    assert {clock.state for clock in ticket.clocks.all()} == {"running"}


def test_apps_above_hear_of_it_inside_the_same_transaction(ticket, wang, received):
    heard = []

    def hear(ticket, by, now, **_signal):
        heard.append((ticket.follow_ups.count(), by, now, connection.in_atomic_block))

    received(ticket_resolved, hear)
    solve(ticket, wang)
    assert heard == [(1, wang, NOW, True)]


def snapshot(ticket):
    now = fresh(ticket)
    return {
        "status": now.status,
        "assignee": now.assignee,
        "unanswered": now.unanswered_since,
        "first": now.first_response_at,
        "resolved": (now.resolved_at, now.resolved_by),
        "due": (now.due_at, now.due_target),
        "clocks": list(
            ticket.clocks.order_by("id").values_list(
                "target", "state", "due_at", "warn_at", "stopped_at", "met_by"
            )
        ),
        "messages": list(ticket.messages.values_list("body", flat=True)),
    }


def untouched(_ticket, _by):
    pass


def taken(ticket, by):
    take(ticket=ticket, by=by, now=NOW)


def answered(ticket, by):
    taken(ticket, by)
    reply(ticket=ticket, body="您好", by=by, now=NOW + MINUTE)


def asked_again(ticket, by):
    answered(ticket, by)
    receive(ticket=ticket, body="?", now=NOW + 2 * MINUTE)
    receive(ticket=ticket, body="??", now=NOW + 3 * MINUTE)


def waiting(ticket, by):
    answered(ticket, by)
    wait(
        ticket=ticket, status=TicketStatus.WAITING_CUSTOMER, by=by, now=NOW + 2 * MINUTE
    )


def waiting_on_colleagues(ticket, by):
    taken(ticket, by)
    wait(ticket=ticket, status=TicketStatus.WAITING_COLLEAGUES, by=by, now=NOW)


def not_solved_before(ticket, by):
    taken(ticket, by)
    solve(ticket, by, NOW + MINUTE)
    follow_up.answer(ticket=ticket, satisfied=False, now=NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    "story",
    [
        untouched,
        taken,
        answered,
        asked_again,
        waiting,
        waiting_on_colleagues,
        not_solved_before,
    ],
)
def test_undo_puts_everything_back(ticket, wang, zhao, story):
    story(ticket, wang)
    before = snapshot(ticket)
    solve(ticket, wang, NOW + HOUR)
    undo_resolve(ticket=ticket, by=wang, now=NOW + HOUR + MINUTE)
    assert snapshot(ticket) == before
    assert not ticket.follow_ups.owed().exists()
    kinds = [event.kind for event in ticket.events.order_by("id")]
    assert kinds[-1] == "undone"
    # And from there it goes on as if nothing had been.
    customer_writes(ticket=ticket, body="And?", now=NOW + HOUR + 2 * MINUTE)
    solve(ticket, wang, NOW + 2 * HOUR)
    assert ticket.follow_ups.owed().count() == 1


def test_undo_is_too_late_once_the_customer_was_asked(ticket, wang):
    solve(ticket, wang)
    owed = ticket.follow_ups.get()
    follow_up.advance(pk=owed.pk, now=owed.next_at)
    with pytest.raises(RuleError, match="too late to undo"):
        undo_resolve(ticket=ticket, by=wang, now=NOW + HOUR)
    assert fresh(ticket).status == TicketStatus.RESOLVED
    assert ticket.follow_ups.owed().count() == 1


def test_nobody_undoes_for_somebody_else(ticket, wang, li):
    solve(ticket, wang)
    with pytest.raises(RuleError):
        undo_resolve(ticket=ticket, by=li, now=NOW)


def test_there_is_nothing_to_undo_on_an_open_ticket(ticket, wang):
    with pytest.raises(RuleError, match="nothing to undo"):
        undo_resolve(ticket=ticket, by=wang, now=NOW)


def test_undone_twice_is_refused(ticket, wang):
    solve(ticket, wang)
    undo_resolve(ticket=ticket, by=wang, now=NOW)
    with pytest.raises(RuleError, match="nothing to undo"):
        undo_resolve(ticket=ticket, by=wang, now=NOW)


def test_undo_and_the_customers_answer_at_once(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    solve(ticket, wang)
    _undone, answer = while_open(
        lambda: undo_resolve(ticket=ticket, by=wang, now=NOW + MINUTE),
        lambda: follow_up.answer(ticket=ticket, satisfied=True, now=NOW + MINUTE),
    )
    assert isinstance(answer, RuleError)
    assert fresh(ticket).status == TicketStatus.NEW


def test_reopened_by_hand_the_follow_up_is_cancelled(ticket, wang, received):
    heard = []
    received(ticket_reopened, lambda ticket, **_signal: heard.append(ticket.number))
    solve(ticket, wang)
    reopen(ticket=ticket, reason="the colleague called", by=wang, now=NOW + HOUR)
    now = fresh(ticket)
    assert (now.status, now.resolved_at) == (TicketStatus.OPEN, None)
    assert ticket.follow_ups.get().stage == FollowUpStage.CANCELLED
    assert ticket.clocks.filter(target="resolution", state="running").count() == 1
    assert ticket.events.get(kind="reopened").reason == "the colleague called"
    assert heard == [ticket.number]


def test_reopened_and_resolved_again_owes_a_new_one(ticket, wang):
    solve(ticket, wang)
    reopen(ticket=ticket, reason="", by=wang, now=NOW + HOUR)
    solve(ticket, wang, NOW + DAY)
    old, new = ticket.follow_ups.order_by("resolved_at")
    assert (old.stage, new.stage) == (FollowUpStage.CANCELLED, FollowUpStage.SCHEDULED)
    assert new.due_at == NOW + 3 * DAY


def test_an_open_ticket_is_not_reopened(ticket, wang):
    with pytest.raises(RuleError, match="open"):
        reopen(ticket=ticket, reason="", by=wang, now=NOW)


def test_a_closed_ticket_is_reopened_by_hand(ticket, wang):
    solve(ticket, wang)
    follow_up.answer(ticket=ticket, satisfied=True, now=NOW + HOUR)
    reopen(ticket=ticket, reason="broken again", by=wang, now=NOW + DAY)
    now = fresh(ticket)
    assert (now.status, now.closed_at) == (TicketStatus.OPEN, None)
    solve(ticket, wang, NOW + 2 * DAY)
    assert ticket.follow_ups.owed().count() == 1


def test_what_was_being_written_goes_with_the_resolution(ticket, wang, li):
    for by in (wang, li):
        Draft.objects.create(
            ticket=ticket, user=by, kind="note", body="x", changed_at=NOW
        )
    solve(ticket, wang)
    assert [draft.user for draft in Draft.objects.all()] == [li]


def test_resolved_while_waiting_on_the_customer(ticket, wang):
    waiting(ticket, wang)
    solve(ticket, wang, NOW + DAY)
    clock = ticket.clocks.get(target="resolution")
    assert (clock.state, clock.elapsed) == ("met", 120)
