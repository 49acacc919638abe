"""Answers that pass none of Django's middleware keep browsers to TLS like pages do."""

import asyncio

import pytest
from django.utils.timezone import now

from servicedesk.core.live.endpoint import Endpoint
from servicedesk.core.live.hub import Hub
from servicedesk.core.live.tokens import stream_token

NAME = "Strict-Transport-Security"
WORDS = "max-age=31536000; includeSubDomains; preload"


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_PRELOAD = True


class Deaf(Hub):
    """Hears nothing from the database."""

    def start(self):
        pass

    def _wake(self):
        pass


def stream(settings, headers=(), scheme="http", token=""):
    """Ask the event stream, and hang up; return status and headers."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    cookie = f"{settings.SESSION_COOKIE_NAME}=a-session".encode()
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": scheme,
        "query_string": f"token={token}".encode(),
        "headers": [(b"cookie", cookie), *headers],
    }
    asyncio.run(Endpoint(Deaf())(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def token():
    return stream_token(user_id=1, session_key="a-session", channels=[], now=now())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_answers_say_it_over_tls_only(client, address):
    assert client.get(address, secure=True).headers[NAME] == WORDS
    assert NAME not in client.get(address).headers


@pytest.mark.parametrize(("given", "status"), [(token, 200), (str, 403)])
def test_event_streams_say_it_when_they_open_and_when_they_refuse(
    settings, given, status
):
    settings.SECURE_PROXY_SSL_HEADER = None
    answer = stream(settings, scheme="https", token=given())
    assert answer[0] == status
    assert answer[1][NAME.lower().encode()] == WORDS.encode()
    assert answer[1][b"x-content-type-options"] == b"nosniff"
    _status, plain = stream(settings, token=given())
    assert NAME.lower().encode() not in plain


def test_behind_a_proxy_its_word_counts(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    told = [(b"x-forwarded-proto", b"https")]
    assert NAME.lower().encode() in stream(settings, told)[1]
    told = [(b"x-forwarded-proto", b"http")]
    assert NAME.lower().encode() not in stream(settings, told, scheme="https")[1]


def test_where_it_is_not_asked_for_nothing_is_said(settings, client):
    settings.SECURE_HSTS_SECONDS = 0
    assert NAME not in client.get("/healthz", secure=True).headers
    assert NAME.lower().encode() not in stream(settings, scheme="https")[1]
