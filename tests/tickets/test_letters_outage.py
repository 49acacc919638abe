"""A mail server that is away or hangs: letters wait, and nothing else does."""

import contextlib
import itertools
import socket
import threading
import time

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.utils import timezone

from tests.desk import at_once, fresh
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory
from tests.tickets.post import free_port, post_office, use_smtp
from tickets import tasks
from tickets.actions import letters
from tickets.actions.letters import Line, send_again, send_letter
from tickets.models import Letter, LetterState
from tickets.tasks import sweep_letters


@pytest.fixture
def letter(ticket):
    return ticket.letters.get()


@contextlib.contextmanager
def silent_server():
    """Accept whoever comes and never greet; yields the port and who came."""
    came, over = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)

        def serve():
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    came.append(listener.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1], came
        finally:
            over.set()
            thread.join(5)
            for line in came:
                line.close()


def tries_until_failed(letter):
    """Send whenever it is due until it is so no more; return all the moments."""
    moments = [NOW]
    while fresh(letter).state == LetterState.DUE:
        send_letter(pk=letter.pk, now=moments[-1])
        moments.append(fresh(letter).due_at)
        assert len(moments) < 300
    return moments[:-1]


def test_three_days_without_a_server_and_then_it_has_failed(letter, settings):
    use_smtp(settings, free_port())
    moments = tries_until_failed(letter)
    waits = [b - a for a, b in itertools.pairwise(moments)]
    assert waits[0] == 2 * MINUTE
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits) == 30 * MINUTE
    assert 3 * DAY <= moments[-1] - NOW <= 3 * DAY + HOUR
    row = fresh(letter)
    assert (row.state, row.tries) == (LetterState.FAILED, 0)
    assert row.error == "ConnectionRefusedError"


def test_after_an_outage_of_hours_it_is_sent_and_may_still_be_refused(letter, settings):
    use_smtp(settings, free_port())
    moment = NOW
    while moment < NOW + 5 * HOUR:
        send_letter(pk=letter.pk, now=moment)
        moment = fresh(letter).due_at
    with post_office() as (post, port):
        use_smtp(settings, port)
        post.to = "451 greylisted"
        send_letter(pk=letter.pk, now=moment)
        row = fresh(letter)
        assert (row.state, row.tries) == (LetterState.DUE, 1)
        post.to = None
        send_letter(pk=letter.pk, now=row.due_at)
        assert len(post.letters) == 1
    assert fresh(letter).state == LetterState.SENT


def test_sent_again_by_a_person_it_has_three_days_more(letter, settings):
    use_smtp(settings, free_port())
    moment = tries_until_failed(letter)[-1]
    send_again(letter=letter, now=moment)
    send_letter(pk=letter.pk, now=moment)
    row = fresh(letter)
    assert (row.state, row.due_at) == (LetterState.DUE, moment + 2 * MINUTE)


def test_a_server_that_never_greets_is_asked_once_for_all(desk, settings):
    for number in range(3):
        TicketFactory(contact=f"customer{number}@example.com")
    with silent_server() as (port, came):
        use_smtp(settings, port)
        settings.EMAIL_TIMEOUT = 0.5
        assert sweep_letters.apply().get() == 0
        assert len(came) == 1
    rows = list(Letter.objects.all())
    assert {row.state for row in rows} == {LetterState.DUE}
    assert all(row.due_at > timezone.now() + MINUTE for row in rows)


def test_one_connection_carries_the_batch_and_is_opened_again(desk, settings):
    rows = [
        TicketFactory(contact=f"customer{number}@example.com").letters.get()
        for number in range(3)
    ]
    with post_office() as (post, port), Line() as line:
        use_smtp(settings, port)
        send_letter(pk=rows[0].pk, now=NOW, line=line)
        first = line._server
        send_letter(pk=rows[1].pk, now=NOW, line=line)
        assert line._server is first
        first.connection.sock.shutdown(socket.SHUT_RDWR)
        send_letter(pk=rows[2].pk, now=NOW, line=line)
        assert line._server is not first
        assert len(post.letters) == 3
    assert {fresh(row).state for row in rows} == {LetterState.SENT}


def test_a_batch_ends_when_its_time_is_up(desk, settings, monkeypatch):
    for number in range(3):
        TicketFactory(contact=f"customer{number}@example.com")
    woken = []
    monkeypatch.setattr(tasks, "LETTER_SECONDS", -1.0)
    monkeypatch.setattr(tasks, "_wake", lambda: woken.append(1))
    assert sweep_letters.apply().get() == 0
    assert woken == [1], "the rest follows at once"
    assert {row.state for row in Letter.objects.all()} == {LetterState.DUE}


def test_more_than_one_batch_is_sent_by_one_sweep(desk, settings, monkeypatch):
    for number in range(5):
        TicketFactory(contact=f"customer{number}@example.com")
    monkeypatch.setattr(tasks, "BATCH", 2)
    with post_office() as (post, port):
        use_smtp(settings, port)
        assert sweep_letters.apply().get() == 5
        assert len(post.letters) == 5


def test_while_one_sends_a_second_sweep_does_nothing(committed, settings):
    TicketFactory(contact="zhang.wei@example.com")
    with post_office() as (post, port):
        use_smtp(settings, port)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [tasks.SENDER])
        assert at_once(sweep_letters) == [0]
        assert post.letters == []
        connection.close()  # the sender dies
        wait_for(lambda: at_once(sweep_letters) == [1])
        assert len(post.letters) == 1


def wait_for(true):
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_sweep_told_to_stop_stops_and_frees_the_place(committed, monkeypatch):
    for number in range(2):
        TicketFactory(contact=f"customer{number}@example.com")
    asked = []

    def slow(**given):
        asked.append(given["pk"])
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patch:
        patch.setattr(letters, "send_letter", slow)
        with pytest.raises(SoftTimeLimitExceeded):
            sweep_letters()
    assert len(asked) == 1
    assert at_once(sweep_letters) == [2]
