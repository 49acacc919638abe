"""Whatever statement an act dies at, nothing is half done, and it can be done again."""

import pytest
from django.db import DatabaseError, OperationalError, connection

from tests.desk import at_once, fresh
from tests.factories import MINUTE, NOW, TicketFactory
from tests.faults.acts import ACTS
from tests.faults.crash import Crash, Kill, stored
from tests.tickets.post import post_office, use_smtp
from tickets.actions.letters import STUCK_AFTER, mark_stuck, send_letter
from tickets.models import LetterState

MOST_STATEMENTS = 120


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_dies_at_any_statement_has_never_been(desk, name):
    act = ACTS[name]
    stage = act.before()
    before = stored()
    for number in range(1, MOST_STATEMENTS):
        crash = Crash(at=number)
        try:
            with connection.execute_wrapper(crash):
                act.do(stage)
        except OperationalError:
            assert stored() == before, f"half done at statement {number}"
        if not crash.struck:
            break
    else:
        pytest.fail(f"{name} takes more than {MOST_STATEMENTS} statements")
    assert number > 5, "the act was tried at several places"
    act.look(stage)


def statements_of(act, stage):
    """Count the statements of an act, and two for the savepoint it is rolled back to."""
    from django.db import transaction  # noqa: PLC0415

    count = Crash(at=10**9)
    with transaction.atomic(), connection.execute_wrapper(count):
        act.do(stage)
        transaction.set_rollback(True)
    return count.count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["create", "reply", "resolve", "not solved", "ask"])
def test_an_act_whose_connection_is_killed_has_never_been(committed, name):
    act = ACTS[name]
    stage = act.before()
    statements_of(act, stage)  # the second count has warm caches, as the acts below
    number = statements_of(act, stage)
    before = stored()

    def die(at):
        with connection.execute_wrapper(Kill(at=at)):
            act.do(stage)

    for place in (2, number // 2, number - 3):
        (outcome,) = at_once(lambda place=place: die(place))
        assert isinstance(outcome, DatabaseError)
        assert stored() == before, f"half done at statement {place} of {number}"
    act.do(stage)
    act.look(stage)


@pytest.fixture
def post(settings):
    with post_office() as (post, port):
        use_smtp(settings, port)
        yield post


@pytest.mark.slow
def test_a_sender_that_dies_anywhere_never_sends_twice_nor_forgets(committed, post):
    for number in range(1, MOST_STATEMENTS):
        letter = TicketFactory().letters.get()
        post.letters.clear()
        crash = Crash(at=number)
        try:
            with connection.execute_wrapper(crash):
                send_letter(pk=letter.pk, now=NOW)
        except OperationalError:
            pass
        later = NOW + STUCK_AFTER + MINUTE
        mark_stuck(now=later)
        send_letter(pk=letter.pk, now=later)
        row = fresh(letter)
        assert len(post.letters) <= 1
        if row.state == LetterState.SENT:
            assert len(post.letters) == 1
        else:
            assert row.state == LetterState.UNSURE, "a person is told"
        if not crash.struck:
            break
    assert 3 < number < MOST_STATEMENTS
    assert fresh(letter).state == LetterState.SENT
