"""Follow-ups by the sweep: each step once, whoever runs, dies or answers meanwhile."""

import datetime as dt

import pytest
from django.db import IntegrityError

from tests.desk import at_once, fresh, while_open
from tests.factories import DAY, HOUR, NOW, TicketFactory, UserFactory
from tickets import tasks
from tickets.actions import follow_up
from tickets.actions.follow_up import advance, answer
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import (
    FollowUp,
    FollowUpStage,
    LetterKind,
    TicketStatus,
)
from tickets.tasks import sweep_follow_ups


def solve(ticket, by, now=NOW):
    return resolve(
        ticket=ticket,
        root_cause="",
        solution="",
        words="已更换。",
        by=by,
        now=now,
    )


@pytest.fixture
def owed(ticket, wang, zhao):
    take(ticket=ticket, by=wang, now=NOW)
    solve(ticket, wang)
    return ticket.follow_ups.get()


def steps(row, *moments):
    return [advance(pk=row.pk, now=moment) for moment in moments]


def kinds(ticket):
    return [event.kind for event in ticket.events.order_by("id")]


def due_now(*rows):
    FollowUp.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=NOW)


def test_a_row_that_the_database_refuses_holds_up_no_other(owed, monkeypatch):
    other = TicketFactory(contact="13912345678")
    solve(other, owed.owner)
    due_now(owed, other.follow_ups.get())
    FollowUp.objects.filter(pk=owed.pk).update(next_at=NOW - HOUR)
    real = follow_up.advance

    def refused(*, pk, now):
        if pk == owed.pk:
            raise IntegrityError
        return real(pk=pk, now=now)

    monkeypatch.setattr(follow_up, "advance", refused)
    assert sweep_follow_ups.apply().get() == 1
    assert other.follow_ups.get().stage == FollowUpStage.ASKED


def test_a_sweep_takes_what_is_due_and_leaves_the_rest(owed):
    other = TicketFactory(contact="13912345678")
    solve(other, owed.owner)
    far = dt.datetime(2900, 1, 1, tzinfo=dt.UTC)
    other.follow_ups.update(next_at=far)
    due_now(owed)
    assert sweep_follow_ups.apply().get() == 1
    assert fresh(owed).stage == FollowUpStage.ASKED
    assert other.follow_ups.get().stage == FollowUpStage.SCHEDULED


def test_a_sweep_goes_on_to_the_next_batch_at_once(owed, ticket, monkeypatch):
    for number in range(4):
        other = TicketFactory(contact=f"1391234567{number}")
        solve(other, owed.owner)
    due_now(*FollowUp.objects.all())
    monkeypatch.setattr(tasks, "BATCH", 2)
    assert sweep_follow_ups.apply().get() >= 5
    assert not FollowUp.objects.filter(stage=FollowUpStage.SCHEDULED).exists()


def test_a_batch_of_bad_rows_is_tried_once_a_sweep(owed, monkeypatch):
    tried = []

    def fail(**given):
        tried.append(given["pk"])
        raise ValueError("cannot be dealt with")

    due_now(owed)
    monkeypatch.setattr(tasks, "BATCH", 1)
    monkeypatch.setattr(follow_up, "advance", fail)
    assert sweep_follow_ups.apply().get() == 0
    assert tried == [owed.pk]


def test_after_three_days_without_a_worker_each_step_is_caught_up_once(owed, ticket):
    for _ in range(5):
        sweep_follow_ups.apply()
    row = fresh(owed)
    assert (row.stage, row.missed_at, row.due_at) == ("call", row.due_at, NOW + 2 * DAY)
    history = kinds(ticket)
    for kind in ("asked", "call_due", "missed"):
        assert history.count(kind) == 1
    assert ticket.letters.filter(kind=LetterKind.RESOLVED).count() == 1


def test_one_bad_row_does_not_hold_up_the_others(owed, ticket, wang, monkeypatch):
    from tickets.actions import follow_up  # noqa: PLC0415

    other = TicketFactory(contact="13912345678")
    solve(other, wang)
    real = follow_up.advance

    def advance(*, pk, now):
        if pk == owed.pk:
            raise ValueError("a row nobody foresaw")
        return real(pk=pk, now=now)

    monkeypatch.setattr(follow_up, "advance", advance)
    assert sweep_follow_ups.apply().get() == 1
    assert other.follow_ups.get().stage == FollowUpStage.ASKED
    assert fresh(owed).stage == FollowUpStage.SCHEDULED


@pytest.fixture
def many(committed):
    wang = UserFactory(display_name="Wang Fang", team="call-centre")
    tickets = [TicketFactory() for _ in range(4)]
    for ticket in tickets:
        solve(ticket, wang)
    return tickets


def test_two_sweeps_at_once_take_each_step_once(many):
    for kind in ("asked", "call_due", "missed"):
        at_once(*[lambda: sweep_follow_ups.apply().get()] * 2)
        sweep_follow_ups.apply()
        for ticket in many:
            assert kinds(ticket).count(kind) <= 1
    for _ in range(2):
        sweep_follow_ups.apply()
    for ticket in many:
        history = kinds(ticket)
        assert [history.count(kind) for kind in ("asked", "call_due", "missed")] == [
            1,
            1,
            1,
        ]
        assert ticket.letters.filter(kind=LetterKind.RESOLVED).count() == 1


def test_a_sweep_passes_by_a_row_that_another_holds(many):
    row = many[0].follow_ups.get()
    moment = row.next_at
    outcomes = while_open(
        lambda: advance(pk=row.pk, now=moment),
        lambda: advance(pk=row.pk, now=moment),
        passes_by=True,
    )
    assert outcomes == ("asked", None)
    assert kinds(many[0]).count("asked") == 1


def test_the_customer_answers_in_the_moment_of_the_miss(many):
    ticket = many[0]
    row = ticket.follow_ups.get()
    steps(row, NOW + HOUR, NOW + DAY)
    _answered, swept = while_open(
        lambda: answer(ticket=ticket, satisfied=True, now=NOW + 2 * DAY),
        lambda: advance(pk=row.pk, now=NOW + 2 * DAY),
        passes_by=True,
    )
    assert swept is None
    assert fresh(row).missed_at is None
    assert fresh(ticket).status == TicketStatus.CLOSED


def test_two_clicks_at_once_are_one_answer(many):
    ticket = many[0]
    rows = at_once(*[lambda: answer(ticket=ticket, satisfied=True, now=NOW + HOUR)] * 3)
    assert len({row.pk for row in rows}) == 1
    assert kinds(ticket).count("closed") == 1


def test_solved_and_not_solved_at_once_the_first_counts(many):
    ticket = many[0]
    outcomes = at_once(
        lambda: answer(ticket=ticket, satisfied=True, now=NOW + HOUR),
        lambda: answer(ticket=ticket, satisfied=False, now=NOW + HOUR),
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["FollowUp", "RuleError"]
    assert kinds(ticket).count("followed_up") == 1
