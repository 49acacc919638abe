"""Taking tickets: nobody gets one that somebody else has."""

import pytest

from servicedesk.core.errors import RuleError
from tests.desk import at_once, fresh, while_open
from tests.factories import MINUTE, NOW, TicketFactory, UserFactory
from tickets.actions.escalate import escalate
from tickets.actions.reply import reply
from tickets.actions.resolve import resolve
from tickets.actions.take import assign, take, take_next, undo_assign
from tickets.models import Ticket, TicketStatus


def test_who_takes_a_ticket_has_it_open(ticket, wang):
    taken = take(ticket=ticket, by=wang, now=NOW)
    assert (taken.assignee, taken.status) == (wang, TicketStatus.OPEN)
    kinds = [event.kind for event in taken.events.order_by("id")]
    assert kinds == ["created", "taken", "status"]
    assert fresh(ticket).changed_at == NOW


def test_taking_ones_own_again_is_no_news(ticket, wang):
    take(ticket=ticket, by=wang, now=NOW)
    take(ticket=ticket, by=wang, now=NOW + MINUTE)
    assert ticket.events.filter(kind="taken").count() == 1


def test_the_second_taker_is_told_who_was_first(ticket, wang, li):
    take(ticket=ticket, by=wang, now=NOW)
    with pytest.raises(RuleError, match="Wang Fang has taken this ticket already"):
        take(ticket=ticket, by=li, now=NOW)
    assert fresh(ticket).assignee == wang


def test_a_ticket_of_another_team_cannot_be_taken(ticket, chen):
    with pytest.raises(RuleError, match="Chen Jie is not in the team"):
        take(ticket=ticket, by=chen, now=NOW)
    assert fresh(ticket).assignee is None


def test_a_ticket_that_is_over_cannot_be_taken(ticket, wang, li):
    resolve(ticket=ticket, root_cause="", solution="", words="Done.", by=wang, now=NOW)
    Ticket.objects.update(assignee=None)
    with pytest.raises(RuleError, match="over"):
        take(ticket=ticket, by=li, now=NOW)


def test_the_most_pressing_comes_first_then_the_oldest(wang):
    late = TicketFactory(now=NOW + MINUTE)
    early = TicketFactory(now=NOW)
    urgent = TicketFactory(now=NOW + 2 * MINUTE, severity=1, urgency=1)
    TicketFactory(category="technical", now=NOW - MINUTE, severity=1, urgency=1)
    order = [take_next(by=wang, now=NOW) for _ in range(4)]
    assert order == [urgent, early, late, None]


def test_the_second_level_is_left_to_those_who_lead(ticket, wang, zhao):
    escalate(ticket=ticket, reason="angry", by=wang, now=NOW)
    Ticket.objects.update(assignee=None)
    assert take_next(by=wang, now=NOW) is None
    assert take_next(by=zhao, now=NOW) == ticket


def test_who_is_in_no_team_has_nothing_to_take(ticket):
    assert take_next(by=UserFactory(display_name="New Colleague"), now=NOW) is None


def test_work_is_given_to_a_member_and_put_back(ticket, zhao, wang):
    assign(ticket=ticket, to=wang, by=zhao, now=NOW)
    assert fresh(ticket).assignee == wang
    assign(ticket=ticket, to=None, by=zhao, now=NOW)
    assert fresh(ticket).assignee is None
    assert fresh(ticket).status == TicketStatus.OPEN


def test_work_is_not_given_to_another_team_or_to_who_has_left(ticket, zhao, wang, chen):
    with pytest.raises(RuleError, match="Chen Jie is not in the team Call centre"):
        assign(ticket=ticket, to=chen, by=zhao, now=NOW)
    wang.is_active = False
    wang.save()
    with pytest.raises(RuleError, match="Wang Fang"):
        assign(ticket=ticket, to=wang, by=zhao, now=NOW)
    assert fresh(ticket).assignee is None


def test_four_people_at_once_never_get_the_same_ticket(committed):
    people = [UserFactory(team="call-centre") for _ in range(4)]
    tickets = [TicketFactory() for _ in range(3)]
    got = at_once(*[lambda by=by: take_next(by=by, now=NOW) for by in people])
    assert not [one for one in got if isinstance(one, Exception)]
    taken = [one for one in got if one]
    assert len(taken) == len(set(taken)) <= len(tickets)
    again = [take_next(by=by, now=NOW) for by in people]
    assert {one for one in [*taken, *again] if one} == set(tickets)
    assert Ticket.objects.filter(assignee=None).count() == 0


def test_take_next_passes_by_what_a_colleague_is_taking(committed):
    wang, li = (UserFactory(team="call-centre") for _ in range(2))
    first, second = TicketFactory(now=NOW), TicketFactory(now=NOW + MINUTE)
    got = while_open(
        lambda: take_next(by=wang, now=NOW),
        lambda: take_next(by=li, now=NOW),
        passes_by=True,
    )
    assert got == (first, second)


def test_two_people_choose_the_same_ticket_at_once(committed):
    wang = UserFactory(display_name="Wang Fang", team="call-centre")
    li = UserFactory(display_name="Li Lei", team="call-centre")
    ticket = TicketFactory()
    winner, loser = while_open(
        lambda: take(ticket=ticket, by=wang, now=NOW),
        lambda: take(ticket=ticket, by=li, now=NOW),
    )
    assert winner.assignee == wang
    assert isinstance(loser, RuleError)
    assert "Wang Fang" in str(loser)
    assert fresh(ticket).assignee == wang
    assert ticket.events.filter(kind="taken").count() == 1


def test_taking_is_undone_as_if_it_had_not_been(ticket, wang, li):
    take(ticket=ticket, by=wang, now=NOW)
    undo_assign(ticket=ticket, by=wang, now=NOW + MINUTE)
    assert (fresh(ticket).assignee, fresh(ticket).status) == (None, TicketStatus.NEW)
    assert take(ticket=ticket, by=li, now=NOW + MINUTE).assignee == li


def test_giving_is_undone_to_whoever_had_it(ticket, wang, li, zhao):
    take(ticket=ticket, by=wang, now=NOW)
    assign(ticket=ticket, to=li, by=zhao, now=NOW + MINUTE)
    undo_assign(ticket=ticket, by=zhao, now=NOW + MINUTE)
    assert (fresh(ticket).assignee, fresh(ticket).status) == (wang, TicketStatus.OPEN)


def late(ticket, wang, li):
    return {"by": wang, "now": NOW + 5 * MINUTE}


def somebody_else(ticket, wang, li):
    return {"by": li, "now": NOW}


def given_on(ticket, wang, li):
    assign(ticket=ticket, to=li, by=li, now=NOW)
    return {"by": wang, "now": NOW}


def answered(ticket, wang, li):
    reply(ticket=ticket, body="Hello", by=wang, now=NOW + MINUTE)
    return {"by": wang, "now": NOW + MINUTE}


def resolved(ticket, wang, li):
    resolve(ticket=ticket, root_cause="", solution="", words="ok", by=wang, now=NOW)
    return {"by": wang, "now": NOW}


@pytest.mark.parametrize("story", [late, somebody_else, given_on, answered, resolved])
def test_taking_is_not_undone_once_something_came_of_it(ticket, wang, li, story):
    take(ticket=ticket, by=wang, now=NOW)
    attempt = story(ticket, wang, li)
    before = fresh(ticket).assignee
    with pytest.raises(RuleError, match="too late to undo"):
        undo_assign(ticket=ticket, **attempt)
    assert fresh(ticket).assignee == before


def test_what_was_resolved_untaken_is_not_given_back(ticket, wang):
    resolve(ticket=ticket, root_cause="", solution="", words="ok", by=wang, now=NOW)
    with pytest.raises(RuleError, match="too late to undo"):
        undo_assign(ticket=ticket, by=wang, now=NOW)
    assert fresh(ticket).assignee == wang
