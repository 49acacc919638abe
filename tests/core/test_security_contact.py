"""/.well-known/security.txt, by RFC 9116."""

import datetime as dt

import pytest
from django.core.cache import cache

ADDRESS = "/.well-known/security.txt"


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()


def test_it_names_whom_to_write_to_and_until_when(client, db, settings):
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    settings.BASE_URL = "https://desk.example.com"
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    said = dict(
        line.split(": ", 1) for line in answer.content.decode().strip().split("\n")
    )
    assert said["Contact"] == "mailto:security@example.com"
    assert said["Canonical"] == f"https://desk.example.com{ADDRESS}"
    left = dt.datetime.fromisoformat(said["Expires"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=30) < left < dt.timedelta(days=365)


def test_without_a_contact_there_is_no_such_page(client, db, settings):
    settings.SECURITY_CONTACT = ""
    assert client.get(ADDRESS).status_code == 404


def test_it_is_not_asked_without_end(client, db, settings):
    settings.SECURITY_CONTACT = "https://example.com/report"
    statuses = [client.get(ADDRESS).status_code for _ in range(61)]
    assert statuses[:60] == [200] * 60
    assert statuses[60] == 429
