"""Letters on bad days: what is tried again, what is given up, what nobody can know."""

import pytest
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from tests.desk import fresh
from tests.factories import HOUR, MINUTE, NOW
from tests.tickets.post import free_port, post_office, rude_server, use_smtp
from tickets.actions.letters import (
    STUCK_AFTER,
    TRIES,
    mark_stuck,
    send_again,
    send_letter,
)
from tickets.models import Letter, LetterState
from tickets.tasks import sweep_letters


@pytest.fixture
def post(settings):
    with post_office() as (post, port):
        use_smtp(settings, port)
        yield post


@pytest.fixture
def letter(ticket):
    return ticket.letters.get()


def send(letter, now=NOW):
    return send_letter(pk=letter.pk, now=now)


def test_come_back_later_means_later_and_ever_later(letter, post):
    post.to = "451 greylisted"
    moment, waits = NOW, []
    for _ in range(TRIES - 1):
        assert send(letter, moment)
        row = fresh(letter)
        assert row.state == LetterState.DUE
        assert "451" in row.error
        assert not send(letter, moment), "not before its time"
        waits.append(row.due_at - moment)
        moment = row.due_at
    assert waits == sorted(waits)
    assert waits[0] == 2 * MINUTE
    assert max(waits) <= HOUR
    post.to = None
    send(letter, moment)
    assert fresh(letter).state == LetterState.SENT
    assert len(post.letters) == 1


def test_after_so_many_tries_it_has_failed(letter, post):
    post.data = "452 disk full"
    for number in range(TRIES):
        send(letter, NOW + number * HOUR)
    row = fresh(letter)
    assert (row.state, row.tries) == (LetterState.FAILED, TRIES)
    assert "452" in row.error


@pytest.mark.parametrize(("at", "answer"), [("to", "550 no such"), ("data", "554 no")])
def test_no_means_no(letter, post, at, answer):
    setattr(post, at, answer)
    send(letter)
    row = fresh(letter)
    assert row.state == LetterState.FAILED
    assert answer[:3] in row.error
    assert sweep_letters.apply().get() == 0


def test_where_nobody_listens_it_is_due_again(letter, settings):
    use_smtp(settings, free_port())
    send(letter)
    row = fresh(letter)
    assert (row.state, row.due_at) == (LetterState.DUE, NOW + 2 * MINUTE)
    assert row.error


def test_where_the_name_is_unknown_it_is_due_again(letter, settings):
    use_smtp(settings, 25)
    settings.EMAIL_HOST = "nowhere.invalid"
    send(letter)
    assert fresh(letter).state == LetterState.DUE


def test_hung_up_before_the_greeting_it_is_due_again(letter, settings):
    with rude_server(hang_up_at="greeting") as (heard, port):
        use_smtp(settings, port)
        send(letter)
    assert heard == []
    assert fresh(letter).state == LetterState.DUE


def test_hung_up_after_the_letter_nobody_knows_and_nobody_repeats(letter, settings):
    with rude_server(hang_up_at="body") as (heard, port):
        use_smtp(settings, port)
        send(letter)
    assert b".\r\n" in heard
    row = fresh(letter)
    assert (row.state, row.error) == (LetterState.UNSURE, "SMTPServerDisconnected")
    with post_office() as (post, port):
        use_smtp(settings, port)
        assert not send(letter, NOW + 9 * HOUR)
        sweep_letters.apply()
        assert post.letters == []
        for _click in range(2):
            send_again(letter=letter, now=NOW + 10 * HOUR)
        (entry,) = LogEntry.objects.filter(object_pk=str(letter.pk))
        assert entry.changes == {"state": ["unsure", "due"]}
        assert send(letter, NOW + 10 * HOUR)
        assert len(post.letters) == 1


def test_hung_up_after_the_letter_was_accepted_it_is_sent(letter, settings):
    with rude_server(hang_up_at="QUIT") as (_heard, port):
        use_smtp(settings, port)
        send(letter)
    assert fresh(letter).state == LetterState.SENT


def test_a_sender_who_died_midway_leaves_it_unsure(letter, post):
    Letter.objects.update(state=LetterState.SENDING, taken_at=NOW)
    assert mark_stuck(now=NOW + STUCK_AFTER) == 0
    assert mark_stuck(now=NOW + STUCK_AFTER + MINUTE) == 1
    row = fresh(letter)
    assert row.state == LetterState.UNSURE
    assert "interrupted" in row.error
    sweep_letters.apply()
    assert post.letters == []


def test_a_sweep_finds_the_stuck(letter, post):
    taken = timezone.now() - 2 * STUCK_AFTER
    Letter.objects.update(state=LetterState.SENDING, taken_at=taken)
    sweep_letters.apply()
    assert fresh(letter).state == LetterState.UNSURE
