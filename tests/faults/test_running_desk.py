"""A whole desk whose database is cut, shut, slow, or takes no writes: it heals by itself."""

import psycopg2
import pytest

from servicedesk.settings import environment
from tests.faults.running import (
    Listener,
    Visitor,
    answer_form,
    wait_until,
)

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.xdist_group("running desk"),
]
SORRY = "We cannot answer right now"


@pytest.fixture(scope="module")
def desk(running_desk):
    running_desk.begin("web", "worker", "beat")
    yield running_desk
    running_desk.stop()


@pytest.fixture
def numbers(desk):
    """Give tickets that no other test has."""
    return [desk.facts["numbers"].pop() for _ in range(2)]


@pytest.fixture
def wang(desk):
    return Visitor(desk, desk.facts["session"])


def sent(desk, number):
    wait_until(lambda: desk.letters(number).get("reply") == "sent", desk)
    to = desk.ask(
        "SELECT count(*) FROM tickets_message m JOIN tickets_ticket t ON "
        "t.id = m.ticket_id WHERE t.number = %s AND m.kind = 'outbound'",
        number,
    )
    assert to == [(1,)]


def sent_by_whoever_lives(desk, number):
    """Wait for the letter; a worker that died meanwhile is begun anew by its supervisor."""

    def done():
        if desk.processes["worker"].poll() is not None:
            desk.run("worker")
        return desk.letters(number).get("reply") == "sent"

    wait_until(done, desk)
    sent(desk, number)


def test_when_every_connection_is_cut_the_next_request_works(desk, wang, numbers):
    number = numbers[0]
    listener = Listener(desk, desk.facts["session"], desk.facts["token"])
    assert wang.ask("/inbox/")[0] == 200
    wait_until(lambda: desk.cut() >= 1, desk)

    assert wang.ask("/inbox/")[0] == 200
    desk.cut()
    assert wang.ask(f"/inbox/{number}/reply/", **answer_form())[0] == 302
    sent(desk, number)
    wait_until(lambda: listener.count("message_added", number) == 1, desk)
    desk.cut()
    assert wang.ask(f"/inbox/{number}/note/", **answer_form())[0] == 302
    wait_until(lambda: listener.count("note_added", number) == 1, desk)
    assert listener.count("message_added", number) == 1


def test_while_the_database_lets_nobody_in_pages_say_so(desk, wang, numbers):
    number, form = numbers[0], answer_form()
    with desk.altered("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
        for given in ({}, form):
            place = f"/inbox/{number}/" + ("reply/" if given else "")
            status, headers, told = wang.ask(place, **given)
            assert (status, headers["Retry-After"]) == (503, "5")
            assert SORRY in told
            assert "Traceback" not in told
            assert form["body"] not in told
        status, _headers, told = wang.ask("/help/")
        assert (status, SORRY in told) in {(200, False), (503, True)}
    for _twice in range(2):
        assert wang.ask(f"/inbox/{number}/reply/", **form)[0] == 302
    sent(desk, number)
    assert "Traceback" not in desk.log("web").read_text()


def test_while_the_database_only_reads_nothing_is_half_done(desk, wang, numbers):
    number, form = numbers[0], answer_form()
    only_reads = "SET default_transaction_read_only = on"
    with desk.altered(only_reads, "RESET default_transaction_read_only"):
        status, _headers, told = wang.ask(f"/inbox/{number}/reply/", **form)
        assert status == 503
        assert SORRY in told
    assert wang.ask(f"/inbox/{number}/reply/", **form)[0] == 302
    sent(desk, number)


def test_who_waits_for_a_lock_too_long_is_told_and_may_try_again(desk, wang, numbers):
    number = numbers[0]
    holder = psycopg2.connect(desk.database)
    try:
        with holder.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM tickets_ticket WHERE number = %s FOR UPDATE", [number]
            )
            status, _headers, told = wang.ask(f"/inbox/{number}/take/", x="1")
            assert status == 503
            assert SORRY in told
            assert wang.ask("/inbox/")[0] == 200, "the others work on"
    finally:
        holder.close()
    assert wang.ask(f"/inbox/{number}/take/", x="1")[0] == 302


def test_only_pages_are_hurried(desk):
    code = (
        "from django.db import connection as c; k = c.cursor(); "
        "k.execute('SHOW statement_timeout'); print(k.fetchone()[0])"
    )
    assert desk.manage("shell", "-c", code).splitlines()[-1] == "0"
    settings = environment.database(desk.database)
    environment.limit_waiting(settings, statement="50ms", lock="1s")
    line = psycopg2.connect(desk.database, **settings["OPTIONS"])
    try:
        with line.cursor() as cursor, pytest.raises(psycopg2.errors.QueryCanceled):
            cursor.execute("SELECT pg_sleep(5)")
    finally:
        line.close()


def test_a_broker_that_stops_and_comes_back_empty_loses_no_duty(desk, wang, numbers):
    first, second = numbers
    desk.valkey.stop()
    assert wang.ask("/inbox/")[0] == 200
    assert wang.ask(f"/inbox/{first}/reply/", **answer_form())[0] == 302
    desk.valkey.start()
    sent(desk, first)
    assert wang.ask(f"/inbox/{second}/reply/", **answer_form())[0] == 302
    sent(desk, second)


def test_a_broker_without_room_holds_nobody_up_and_duties_are_done_later(
    desk, wang, numbers
):
    number = numbers[0]
    with desk.redis() as server:
        server.config_set("maxmemory", 1)
        try:
            assert wang.ask("/inbox/")[0] == 200
            assert wang.ask(f"/inbox/{number}/reply/", **answer_form())[0] == 302
            assert desk.letters(number)["reply"] == "due"
        finally:
            server.config_set("maxmemory", 0)
    sent_by_whoever_lives(desk, number)
