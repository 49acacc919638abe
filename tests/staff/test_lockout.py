import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from django.urls import reverse

from servicedesk.staff.adapters import account as adapters
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOCKED = "too many wrong tries"


@pytest.fixture
def attempt():
    """Try to sign in from an address; tells whether that let in, and the page."""

    def do(browser, user, address, password=PASSWORD):
        browser.cookies["django_language"] = "en"
        page = browser.post(
            reverse("account_login"),
            {"login": user.username, "password": password},
            REMOTE_ADDR=address,
        )
        return page.status_code == 302, page.content.decode()

    return do


@pytest.fixture
def few_tries(settings):
    """Three wrong tries from anywhere are the cap of an account, to save time."""
    settings.ACCOUNT_RATE_LIMITS = {
        **settings.ACCOUNT_RATE_LIMITS,
        "login_failed_anywhere": "3/10m/key",
    }


def test_an_attacker_locks_out_only_their_own_address(person, attempt):
    jiang = person("Jiang Tao")
    for _try in range(5):
        attempt(Client(), jiang, "203.0.113.9", "wrong")

    let_in, page = attempt(Client(), jiang, "203.0.113.9")
    assert not let_in
    assert LOCKED in page

    assert attempt(Client(), jiang, "198.51.100.7")[0]


def test_many_addresses_together_lock_all_but_known_browsers(
    person, attempt, few_tries
):
    jiang, other = person("Jiang Tao"), person("Ou Yang")
    known, foreign = Client(), Client()
    assert attempt(known, jiang, "198.51.100.7")[0]
    assert attempt(foreign, other, "198.51.100.8")[0]
    known.post(reverse("account_logout"))
    foreign.post(reverse("account_logout"))

    for number in range(3):
        attempt(Client(), jiang, f"203.0.113.{number}", "wrong")

    for stranger in (Client(), foreign):
        let_in, page = attempt(stranger, jiang, "198.51.100.9")
        assert not let_in
        assert LOCKED in page
    assert attempt(known, jiang, "198.51.100.9")[0]


def test_a_known_browser_s_cookie_is_out_of_scripts_reach_and_not_forged(
    person, attempt, few_tries
):
    jiang, browser = person("Jiang Tao"), Client()
    attempt(browser, jiang, "198.51.100.7")
    cookie = browser.cookies["known_device"]
    assert cookie["httponly"]
    assert cookie["max-age"] > 90 * 24 * 3600
    for number in range(3):
        attempt(Client(), jiang, f"203.0.113.{number}", "wrong")

    forger = Client()
    forger.cookies["known_device"] = cookie.value[:-2] + "xx"

    assert LOCKED in attempt(forger, jiang, "198.51.100.9")[1]


def test_who_signs_in_rightly_uses_up_no_tries(person, attempt, few_tries):
    jiang = person("Jiang Tao")

    assert all(attempt(Client(), jiang, "198.51.100.7")[0] for _try in range(6))


def test_a_crowd_at_the_door_is_answered_at_once(person, client):
    jiang = person("Jiang Tao")
    client.cookies["django_language"] = "en"
    for _each in range(adapters.HASHES_AT_ONCE):
        adapters._hashing.acquire()
    try:
        began = time.monotonic()
        answer = client.post(
            reverse("account_login"), {"login": jiang.username, "password": PASSWORD}
        )
        took = time.monotonic() - began
    finally:
        for _each in range(adapters.HASHES_AT_ONCE):
            adapters._hashing.release()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert "Please try again in a moment" in answer.content.decode()
    assert 'name="password"' in answer.content.decode()
    assert took < 2
    assert (
        client.post(
            reverse("account_login"), {"login": jiang.username, "password": PASSWORD}
        ).status_code
        == 302
    )


def test_of_many_at_once_only_two_wait():
    inside = threading.Barrier(adapters.HASHES_AT_ONCE + 1)
    done = threading.Event()

    def hashing():
        with adapters._turn() as mine:
            inside.wait(5)
            done.wait(5)
            return mine

    def late():
        began = time.monotonic()
        with adapters._turn() as mine:
            return mine, time.monotonic() - began

    with ThreadPoolExecutor(30) as crowd:
        first = [crowd.submit(hashing) for _each in range(adapters.HASHES_AT_ONCE)]
        inside.wait(5)
        rest = [crowd.submit(late) for _each in range(22)]
        answers = [each.result(5) for each in rest]
        done.set()

    assert [each.result() for each in first] == [True, True]
    assert not any(mine for mine, _took in answers)
    waited = [took for _mine, took in answers if took > adapters.LONGEST_WAIT / 2]
    assert len(waited) <= adapters.WAITING_AT_ONCE
    with adapters._turn() as mine:
        assert mine
