"""That somebody met a limit is in the log, and a flood does not fill it."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from servicedesk.audit import limits
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.staff.views import switches
from tests.desk import desk, wang
from tests.factories import UserFactory

assert all([desk, wang])  # fixtures
pytestmark = pytest.mark.django_db
HELP = "/help/"


@pytest.fixture(autouse=True)
def clean_cache(settings):
    settings.PUBLIC_VIEWS_PER_MINUTE = 2
    cache.clear()
    yield
    cache.clear()


def met():
    found = LogEntry.objects.filter(action=Kind.REFUSAL).order_by("pk")
    return [entry for entry in found if "limit" in entry.additional_data]


def ask(times, address):
    answers = [Client().get(HELP, REMOTE_ADDR=address) for _time in range(times)]
    return [each.status_code for each in answers]


@pytest.mark.usefixtures("desk")
def test_a_stranger_who_meets_a_limit_is_logged_once_with_address_and_page():
    assert ask(6, "192.0.2.7") == [200, 200, 429, 429, 429, 429]

    (entry,) = met()
    assert entry.additional_data == {
        "page": "tickets:help", "status": 429, "limit": "public-view",
    }  # fmt: skip
    assert entry.remote_addr == "192.0.2.7"
    assert entry.actor is None


@pytest.mark.usefixtures("desk")
def test_the_next_window_of_the_same_address_is_no_new_entry():
    ask(4, "192.0.2.7")
    for key in [each for each in cache_keys() if "limit:public-view" in each]:
        if not key.startswith("audit"):
            cache.delete(key)
    assert ask(4, "192.0.2.7") == [200, 200, 429, 429]

    assert len(met()) == 1


def cache_keys():
    client = cache._cache.get_client(None, write=True)
    return [key.decode().split(":", 2)[2] for key in client.keys("*")]


@pytest.mark.usefixtures("desk")
def test_a_flood_from_many_addresses_fills_no_log(monkeypatch):
    monkeypatch.setattr(limits, "MOST", 3)

    for number in range(8):
        ask(3, f"192.0.2.{number}")

    entries = met()
    assert [each.remote_addr for each in entries] == [f"192.0.2.{n}" for n in range(3)]
    more = [each.additional_data.get("more") for each in entries]
    assert more == [None, None, "not logged for an hour"]


def test_a_colleague_is_named(wang, monkeypatch):
    monkeypatch.setattr(switches, "LANGUAGE_SWITCHES", 1)
    client = Client()
    client.force_login(wang)
    for _time in range(3):
        client.post(reverse("staff:language"), {"language": "xx", "next": "/"})

    (entry,) = met()
    assert entry.actor == wang
    assert entry.additional_data["limit"] == "language"


def test_tries_to_sign_in_that_are_too_many_for_an_address_are_logged(
    client, db, settings
):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    wrong = {"login": "nobody", "password": "wrong-horse-battery"}
    answers = [client.post("/accounts/login/", wrong) for _time in range(3)]

    assert [each.status_code for each in answers] == [200, 429, 429]
    (entry,) = met()
    assert entry.additional_data["limit"] == "accounts"
    assert "SignInView" in entry.additional_data["page"]


def test_the_officer_reads_which_limit_it_was(client, desk):
    ask(3, "192.0.2.7")
    officer = UserFactory(role="data_protection_officer")
    client.force_login(officer)
    [entry] = met()

    page = client.get(
        reverse("audit:log"), {"kind": int(Kind.REFUSAL)}, headers={"HX-Request": ""}
    )

    assert entry.additional_data["limit"] in page.content.decode()
