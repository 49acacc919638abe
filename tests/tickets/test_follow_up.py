"""The 48-hour follow-up: what is asked, what is answered, what is missed."""

import datetime as dt

import pytest
from django.utils import timezone

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tests.desk import fresh
from tests.factories import DAY, HOUR, MINUTE, NOW
from tickets.actions.follow_up import advance, answer, record_call
from tickets.actions.resolve import reopen, resolve
from tickets.actions.take import take
from tickets.models import (
    ASK_AFTER,
    CALL_AFTER,
    DUE_AFTER,
    TRIES,
    TRY_GAP,
    FollowUpOutcome,
    LetterKind,
    TicketStatus,
)


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


def test_the_rule_is_24_and_48_hours(settings):
    assert settings.FOLLOW_UP_SPEED == 1
    assert (dt.timedelta(hours=24), dt.timedelta(hours=48)) == (CALL_AFTER, DUE_AFTER)
    assert ASK_AFTER < HOUR
    assert TRIES == 3


def test_the_customer_is_asked_early_once(owed, ticket):
    assert steps(owed, NOW, NOW + ASK_AFTER - dt.timedelta(seconds=1)) == [None, None]
    assert steps(owed, NOW + ASK_AFTER, NOW + ASK_AFTER) == ["asked", None]
    letter = ticket.letters.get(kind=LetterKind.RESOLVED)
    assert letter.message.body == "已更换。"
    assert fresh(owed).asked_at == NOW + ASK_AFTER
    assert kinds(ticket).count("asked") == 1


def test_silence_is_a_call_after_a_day_and_a_miss_after_two(owed, ticket, wang, zhao):
    steps(owed, NOW + ASK_AFTER)
    assert steps(owed, NOW + 24 * HOUR - MINUTE) == [None]
    assert steps(owed, NOW + 24 * HOUR) == ["call"]
    assert fresh(owed).owner == wang
    assert ticket.events.get(kind="call_due").after == str(wang.pk)
    assert steps(owed, NOW + 48 * HOUR - MINUTE) == [None]
    assert steps(owed, NOW + 48 * HOUR) == ["call"]
    missed = fresh(owed)
    assert (missed.missed_at, missed.owner) == (NOW + 48 * HOUR, zhao)
    assert missed.next_at is None
    assert ticket.events.get(kind="missed").after == str(zhao.pk)
    assert steps(owed, NOW + 96 * HOUR) == [None]
    assert fresh(ticket).status == TicketStatus.RESOLVED


def test_where_nobody_leads_a_miss_stays_with_the_handler(ticket, wang):
    take(ticket=ticket, by=wang, now=NOW)
    solve(ticket, wang)
    row = ticket.follow_ups.get()
    steps(row, NOW + HOUR, NOW + DAY, NOW + 2 * DAY)
    assert fresh(row).owner == wang
    assert fresh(row).missed_at


def test_solved_closes(owed, ticket):
    answer(ticket=ticket, satisfied=True, words="谢谢", now=NOW + HOUR)
    now, row = fresh(ticket), fresh(owed)
    assert (now.status, now.closed_at) == (TicketStatus.CLOSED, NOW + HOUR)
    assert (row.outcome, row.done_by, row.words) == ("satisfied", None, "谢谢")
    assert row.missed_at is None
    assert steps(owed, NOW + 3 * DAY) == [None]


def test_not_solved_opens_again_at_level_two_with_the_lead(owed, ticket, zhao):
    answer(ticket=ticket, satisfied=False, words="还是没有声音", now=NOW + HOUR)
    now = fresh(ticket)
    assert (now.status, now.level, now.assignee) == (TicketStatus.OPEN, 2, zhao)
    assert now.unanswered_since == NOW + HOUR
    assert now.resolved_at is None
    live = ticket.clocks.filter(state="running").values_list("target", flat=True)
    assert sorted(live) == ["next_response", "resolution"]
    assert ticket.messages.count() == 2, "its history stays"
    assert ticket.events.get(kind="reopened").reason == "还是没有声音"


def test_solved_again_after_not_solved_owes_a_new_follow_up(owed, ticket, zhao):
    answer(ticket=ticket, satisfied=False, now=NOW + HOUR)
    solve(ticket, zhao, NOW + DAY)
    assert ticket.follow_ups.count() == 2
    new = ticket.follow_ups.owed().get()
    assert (new.due_at, new.owner) == (NOW + 3 * DAY, zhao)


@pytest.mark.parametrize("satisfied", [True, False])
def test_the_same_answer_twice_is_one_answer(owed, ticket, satisfied):
    first = answer(ticket=ticket, satisfied=satisfied, now=NOW + HOUR)
    again = answer(ticket=ticket, satisfied=satisfied, now=NOW + 2 * HOUR)
    assert first == again
    assert again.done_at == NOW + HOUR
    assert kinds(ticket).count("followed_up") == 1


@pytest.mark.parametrize("satisfied", [True, False])
def test_another_answer_is_refused_with_a_way_on(owed, ticket, satisfied):
    answer(ticket=ticket, satisfied=satisfied, now=NOW + HOUR)
    with pytest.raises(RuleError, match="Write to us"):
        answer(ticket=ticket, satisfied=not satisfied, now=NOW + HOUR)
    assert fresh(owed).outcome == ("satisfied" if satisfied else "not_satisfied")


def test_nothing_is_asked_nothing_can_be_answered(ticket, wang):
    with pytest.raises(RuleError, match="no question open"):
        answer(ticket=ticket, satisfied=True, now=NOW)
    solve(ticket, wang)
    reopen(ticket=ticket, reason="", by=wang, now=NOW)
    with pytest.raises(RuleError, match="no question open"):
        answer(ticket=ticket, satisfied=True, now=NOW)
    assert fresh(ticket).status == TicketStatus.OPEN


def test_a_late_answer_counts_and_so_does_the_miss(owed, ticket):
    steps(owed, NOW + HOUR, NOW + DAY, NOW + 2 * DAY)
    answer(ticket=ticket, satisfied=True, now=NOW + 3 * DAY)
    row = fresh(owed)
    assert (row.outcome, row.missed_at) == ("satisfied", NOW + 2 * DAY)
    assert fresh(ticket).status == TicketStatus.CLOSED


def test_an_answer_after_48_hours_is_late_even_if_nobody_swept(owed, ticket):
    answer(ticket=ticket, satisfied=True, now=NOW + 2 * DAY + MINUTE)
    assert fresh(owed).missed_at == NOW + 2 * DAY


def test_a_follow_up_that_was_missed_and_reopened_stays_missed(owed, ticket, wang):
    steps(owed, NOW + HOUR, NOW + DAY, NOW + 2 * DAY)
    reopen(ticket=ticket, reason="", by=wang, now=NOW + 3 * DAY)
    row = fresh(owed)
    assert (row.stage, row.missed_at) == ("cancelled", NOW + 2 * DAY)


def call(row, by, outcome="unreachable", now=NOW + DAY, words=""):
    return record_call(
        follow_up=row, outcome=FollowUpOutcome(outcome), words=words, by=by, now=now
    )


@pytest.fixture
def due(owed):
    """Wang Fang's follow-up, when the customer has been silent for a day."""
    steps(owed, NOW + HOUR, NOW + DAY)
    return fresh(owed)


def test_a_call_that_finds_the_customer_satisfied_closes(owed, ticket, wang):
    steps(owed, NOW + HOUR)
    call(owed, wang, "satisfied", words="很满意")
    row = fresh(owed)
    assert (row.outcome, row.done_by, row.words) == ("satisfied", wang, "很满意")
    assert fresh(ticket).status == TicketStatus.CLOSED


def test_a_call_that_finds_the_customer_unhappy_reopens(owed, ticket, wang, zhao):
    steps(owed, NOW + HOUR)
    call(owed, wang, "not_satisfied", words="还是不行")
    assert (fresh(ticket).status, fresh(ticket).assignee) == (TicketStatus.OPEN, zhao)


def test_the_third_call_without_an_answer_closes_as_unreachable(due, ticket, wang):
    for number in (1, 2):
        call(due, wang, now=NOW + DAY + number * TRY_GAP)
        assert fresh(due).tries == number
        assert fresh(ticket).status == TicketStatus.RESOLVED
    call(due, wang, now=NOW + DAY + 3 * TRY_GAP)
    row = fresh(due)
    assert (row.tries, row.outcome, row.stage) == (3, "unreachable", "done")
    assert fresh(ticket).status == TicketStatus.CLOSED
    assert kinds(ticket).count("followed_up") == 3


def test_nobody_is_called_before_they_were_asked(owed, ticket, wang):
    for outcome in FollowUpOutcome:
        with pytest.raises(RuleError, match="only now being asked"):
            call(owed, wang, outcome, now=NOW + MINUTE)
    assert fresh(ticket).status == TicketStatus.RESOLVED
    assert fresh(owed).tries == 0


def test_nobody_answered_counts_only_once_a_call_is_due(owed, ticket, wang):
    steps(owed, NOW + HOUR)
    with (
        timezone.override("Asia/Shanghai"),
        pytest.raises(RuleError, match="counts from 2026-03-05 10:00 on"),
    ):
        call(owed, wang, now=NOW + 2 * HOUR)
    assert fresh(owed).tries == 0


def test_two_tries_are_two_hours_apart_so_two_clicks_are_one_try(due, wang):
    call(due, wang, now=NOW + DAY)
    for early in (dt.timedelta(seconds=1), TRY_GAP - dt.timedelta(seconds=1)):
        with (
            timezone.override("Asia/Shanghai"),
            pytest.raises(RuleError, match="from 2026-03-05 12:00 on"),
        ):
            call(due, wang, now=NOW + DAY + early)
    assert fresh(due).tries == 1
    call(due, wang, now=NOW + DAY + TRY_GAP)
    assert fresh(due).tries == 2


def test_the_time_told_is_a_minute_at_which_it_is_true(due, wang):
    call(due, wang, now=NOW + DAY + dt.timedelta(seconds=20))
    with (
        timezone.override("Asia/Shanghai"),
        pytest.raises(RuleError, match="from 2026-03-05 12:01 on"),
    ):
        call(due, wang, now=NOW + DAY + TRY_GAP)


def test_who_answers_in_between_is_not_put_off(due, ticket, wang):
    call(due, wang)
    call(due, wang, "satisfied", now=NOW + DAY + MINUTE)
    assert fresh(ticket).status == TicketStatus.CLOSED


def test_a_missed_follow_up_still_takes_calls(due, wang):
    steps(due, NOW + 2 * DAY)
    call(due, wang, now=NOW + 2 * DAY + HOUR)
    assert fresh(due).tries == 1


def test_the_call_of_one_who_left_goes_to_the_lead(owed, ticket, wang, zhao):
    User.objects.filter(pk=wang.pk).update(is_active=False)
    steps(owed, NOW + HOUR, NOW + DAY)
    assert fresh(owed).owner == zhao
    assert ticket.events.get(kind="call_due").after == str(zhao.pk)


def test_the_call_of_one_who_changed_teams_goes_to_the_lead(owed, wang, zhao):
    wang.memberships.all().delete()
    steps(owed, NOW + HOUR, NOW + DAY)
    assert fresh(owed).owner == zhao


def test_a_call_that_nobody_can_take_over_stays_where_it_was(ticket, wang):
    take(ticket=ticket, by=wang, now=NOW)
    solve(ticket, wang)
    wang.memberships.all().delete()
    row = ticket.follow_ups.get()
    steps(row, NOW + HOUR, NOW + DAY)
    assert fresh(row).owner == wang


@pytest.mark.parametrize("satisfied", [True, False])
def test_an_answer_from_before_the_ticket_was_opened_again_is_refused(
    owed, ticket, wang, satisfied
):
    answer(ticket=ticket, satisfied=True, now=NOW + HOUR)
    reopen(ticket=ticket, reason="又坏了", by=wang, now=NOW + 2 * HOUR)
    with pytest.raises(RuleError, match="opened again meanwhile"):
        answer(ticket=ticket, satisfied=satisfied, now=NOW + 3 * HOUR)
    assert fresh(ticket).status == TicketStatus.OPEN
    assert fresh(owed).done_at == NOW + HOUR


def test_tries_do_not_stop_the_clock(owed, wang):
    steps(owed, NOW + HOUR, NOW + DAY)
    call(owed, wang)
    assert steps(owed, NOW + 2 * DAY) == ["call"]
    assert fresh(owed).missed_at == NOW + 2 * DAY


def test_who_calls_after_the_answer_is_told(owed, ticket, wang):
    answer(ticket=ticket, satisfied=True, now=NOW + HOUR)
    with pytest.raises(RuleError, match="somebody was quicker"):
        call(owed, wang, "satisfied")


def test_the_demonstration_runs_faster(settings, ticket, wang):
    settings.FOLLOW_UP_SPEED = 1440
    solve(ticket, wang)
    row = ticket.follow_ups.get()
    row.tried_at = NOW
    assert row.next_try_at == NOW + dt.timedelta(seconds=5)
    assert row.due_at == NOW + dt.timedelta(minutes=2)
    ask = row.next_at
    assert ask - NOW < dt.timedelta(seconds=1)
    assert steps(row, ask, NOW + MINUTE, NOW + 2 * MINUTE) == ["asked", "call", "call"]
    assert fresh(row).missed_at == NOW + 2 * MINUTE
