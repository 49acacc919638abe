"""Without the cache and the broker everybody can still work."""

import contextlib
import socket
import time

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from servicedesk.celery import app
from servicedesk.settings import base
from tests.tickets.post import free_port
from tests.tickets.test_request_form import FORM, filled
from tickets import tasks
from tickets.models import Letter, LetterState, Ticket

PASSWORD = "three blue umbrellas"
TIME_FOR_ALL = 15


@pytest.fixture(params=["closed", "silent"])
def _no_valkey(request, settings, monkeypatch):
    """Nobody listens at REDIS_URL, or somebody who never says a word."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        if request.param == "silent":
            port = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = port.getsockname()[1]
        address = f"redis://127.0.0.1:{port}/0"
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "LOCATION": address}
        }
        monkeypatch.setattr(tasks, "_broker", tasks._Broker())
        kept = app.connection_for_write
        monkeypatch.setattr(
            app, "connection_for_write", lambda **given: kept(address, **given)
        )
        yield


@pytest.mark.usefixtures("_no_valkey")
def test_staff_sign_in_read_and_answer(
    wang, ticket, django_capture_on_commit_callbacks
):
    wang.set_password(PASSWORD)
    wang.save()
    desk, begun = Client(), time.monotonic()

    signed_in = desk.post(
        reverse("account_login"), {"login": wang.username, "password": PASSWORD}
    )
    assert signed_in.status_code == 302
    assert desk.get(reverse("tickets:inbox")).status_code == 200
    page = desk.get(reverse("tickets:ticket", args=[ticket.number]))
    assert ticket.subject in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True) as woken:
        answered = desk.post(
            reverse("tickets:reply", args=[ticket.number]),
            {"body": "您好，马上为您查看。", "seen_seq": 1},
        )

    assert answered.status_code == 302
    assert woken
    assert ticket.letters.get(kind="reply").state == LetterState.DUE
    assert time.monotonic() - begun < TIME_FOR_ALL


@pytest.mark.usefixtures("_no_valkey")
def test_a_customer_sends_a_request(desk):
    page = Client().post(FORM, filled(), follow=True)

    assert page.status_code == 200
    assert Ticket.objects.get().number in page.content.decode()
    assert Letter.objects.get().state == LetterState.DUE


@pytest.mark.usefixtures("_no_valkey")
def test_a_page_does_not_wait_for_a_broker_that_is_away():
    begun = time.monotonic()
    for _ in range(5):
        tasks._wake()
    assert time.monotonic() - begun < 3, "once, and then no more for a while"


@pytest.mark.usefixtures("_no_valkey")
def test_a_cache_that_is_away_is_an_empty_one(caplog):
    cache = caches["default"]
    assert cache.add("lock", True)
    assert cache.get("lock", "nothing") == "nothing"
    cache.set("a", 1)
    assert cache.get_many(["a"]) == {}
    assert not cache.delete("a")
    assert "a" not in cache
    assert cache.set_many({"a": 1}) == ["a"]
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    told = [r for r in caplog.records if r.name == "servicedesk.core.cache"]
    assert len(told) == 1


@pytest.mark.parametrize(
    "value", [[1763856000.25, 1.5], True, "y", "5", 7, None, {"a": ["张伟"]}, 1.0]
)
def test_the_cache_gives_back_what_it_was_given(value):
    cache = caches["default"]
    cache.set("given", value, 60)
    found = cache.get("given", "nothing")
    assert found == value
    assert type(found) is type(value)
    cache.delete("given")


def test_the_cache_counts_and_nothing_missing_is_counted():
    cache = caches["default"]
    cache.delete("counted")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("counted")
    assert cache.add("counted", 0, 60)
    assert not cache.add("counted", 5, 60)
    assert (cache.incr("counted"), cache.decr("counted")) == (1, 0)
    cache.delete("counted")


def test_what_an_earlier_version_kept_is_not_unpacked():
    cache = caches["default"]
    client = cache._cache.get_client(write=True)
    client.set(cache.make_key("old"), b"\x80\x05]\x94.", ex=60)
    assert cache.get("old", "nothing") == "nothing"


def test_whoever_is_signed_in_stays_so_without_the_cache():
    assert base.SESSION_ENGINE == "django.contrib.sessions.backends.db"


def test_letters_and_long_work_have_queues_of_their_own():
    def queue(task):
        return app.amqp.router.route({}, task)["queue"].name

    assert queue("tickets.sweep_letters") == "letters"
    assert queue("audit.verify_nightly") == "jobs"
    assert queue("tickets.sweep_clocks") == "celery"


@pytest.mark.usefixtures("_no_valkey")
def test_limits_count_while_it_is_away_each_process_for_itself(settings, db):
    settings.PUBLIC_VIEWS_PER_MINUTE = 3
    caches["default"].clear()

    def look(address):
        return Client().get("/help/", REMOTE_ADDR=address).status_code

    assert [look("192.0.2.1") for _time in range(5)] == [200, 200, 200, 429, 429]
    assert look("192.0.2.2") == 200
    caches["default"].clear()
    assert look("192.0.2.1") == 200


@pytest.mark.usefixtures("_no_valkey")
def test_wrong_passwords_are_counted_while_it_is_away(wang):
    caches["default"].clear()
    wang.set_password("correct-horse-battery")
    wang.save()

    def enter(password):
        form = {"login": wang.username, "password": password}
        return Client().post("/accounts/login/", form).status_code

    assert [enter("wrong-horse-battery") for _time in range(5)] == [200] * 5
    assert enter("correct-horse-battery") == 200, "the sixth is refused, even the right"
    caches["default"].clear()
    assert enter("correct-horse-battery") == 302
