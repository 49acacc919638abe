"""What stands above every public page, and how often strangers may ask."""

import pytest
from django.core.cache import cache

from tests.desk import desk

assert desk
PUBLIC = [
    "/help/",
    "/help/request/",
    "/help/my-data/",
    "/help/my-data/sent/",
    "/accounts/login/",
    "/nowhere/",
]
DIRECTIVES = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
]


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()


@pytest.mark.parametrize("address", PUBLIC)
def test_every_public_page_carries_the_whole_policy(client, desk, address):
    answer = client.get(address)
    policy = [part.strip() for part in answer["Content-Security-Policy"].split(";")]
    assert set(DIRECTIVES) <= set(policy)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("address", PUBLIC)
def test_other_sites_are_given_no_leave_to_read(client, desk, address):
    answer = client.get(address, headers={"origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("address", PUBLIC[:4])
def test_strangers_may_look_so_often_and_no_more(client, desk, settings, address):
    settings.PUBLIC_VIEWS_PER_MINUTE = 3
    statuses = [client.get(address).status_code for _ in range(4)]
    assert 429 not in statuses[:3]
    assert statuses[3] == 429


def test_a_visitor_changes_the_language_so_often_and_no_more(client, desk):
    asked = {"language": "en", "next": "/help/"}
    statuses = [client.post("/i18n/setlang/", asked).status_code for _ in range(61)]
    assert statuses[:60] == [302] * 60
    assert statuses[60] == 429
