"""Whether a process answers and can work, told to anybody in a word."""

import pytest
from django.db import connections
from django.test import Client

from servicedesk.core import health, health_checks
from servicedesk.core.encryption.keys import reload_keys
from servicedesk.core.health_checks import Check, Severity
from servicedesk.core.operations import checks
from tests.tickets.post import free_port


@pytest.fixture(autouse=True)
def _ask_anew():
    health._readiness.forget()
    yield
    health._readiness.forget()


@pytest.fixture(autouse=True)
def _all_runs(monkeypatch):
    """Let workers, beats, sweeps and disks be in order: they have tests of their own."""
    about = {"migrations", "keys", "key files", "broker"}
    kept = {n: c for n, c in health_checks._checks.items() if n in about}
    monkeypatch.setattr(health_checks, "_checks", kept)


@pytest.fixture
def stranger(settings):
    """Somebody who knows none of our names and speaks plain http."""
    settings.ALLOWED_HOSTS = ["desk.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    return Client(headers={"host": "127.0.0.1:8000"})


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_a_process_in_order_says_so_to_anybody(stranger, address):
    answer = stranger.get(address)

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert "Vary" not in answer.headers
    assert stranger.post(address).status_code == 405


def test_other_hosts_are_still_refused(stranger):
    assert stranger.get("/help/", secure=True).status_code == 400


@pytest.mark.django_db
def test_it_asks_no_session_and_none_of_the_pages_connections(
    stranger, django_assert_num_queries
):
    with django_assert_num_queries(0):
        stranger.get("/readyz")


@pytest.mark.django_db
def test_without_the_database_it_is_not_ready_but_alive(stranger, monkeypatch, caplog):
    given = {**connections["default"].get_connection_params(), "host": "127.0.0.1"}
    monkeypatch.setattr(
        type(connections["default"]),
        "get_connection_params",
        lambda _self: given | {"port": free_port()},
    )

    answer = stranger.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert "the database does not answer" in caplog.text
    assert stranger.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_code_that_is_ahead_of_its_database_is_not_ready(stranger, monkeypatch, caplog):
    ahead = {**checks.known_migrations(), ("tickets", "9999_later"): set()}
    monkeypatch.setattr(checks, "known_migrations", lambda: ahead)

    assert stranger.get("/readyz").status_code == 503
    assert "1 migrations are not applied" in caplog.text


@pytest.mark.django_db
def test_without_the_broker_it_goes_on(stranger, settings, caplog):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    answer = stranger.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"degraded\n")
    assert "the broker does not answer" in caplog.text
    assert "redis://" not in caplog.text


@pytest.mark.django_db
def test_without_keys_it_is_not_ready(stranger, settings, tmp_path):
    settings.FIELD_KEYS_DIR = tmp_path
    reload_keys()
    try:
        assert stranger.get("/readyz").status_code == 503
    finally:
        reload_keys()


@pytest.mark.django_db
def test_strangers_cannot_make_it_work_without_end(stranger, monkeypatch):
    looked = []
    monkeypatch.setattr(health, "look", lambda: (looked.append(1) or [], []))
    for _ in range(20):
        stranger.get("/readyz")
    assert len(looked) <= 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("severity", "status", "word"),
    [(Severity.DEGRADED, 200, b"degraded\n"), (Severity.FAILED, 503, b"not ready\n")],
)
def test_an_app_registers_what_else_is_looked_at(
    stranger, caplog, severity, status, word
):
    def look(cursor):
        cursor.execute("SELECT 'nobody copied it: ' || %s", [severity.name])
        return cursor.fetchone()[0]

    health_checks.register_check(
        Check("backups", "Backups", look, "Start one.", severity)
    )

    answer = stranger.get("/readyz")

    assert (answer.status_code, answer.content) == (status, word)
    assert f"nobody copied it: {severity.name}" in caplog.text


@pytest.mark.django_db
def test_a_check_that_breaks_or_hangs_leaves_the_others_alone(stranger, caplog):
    def hang(cursor):
        cursor.execute("SELECT pg_sleep(60)")

    def fall(cursor):
        return 1 / 0

    for name, look in (("hanging", hang), ("broken", fall)):
        health_checks.register_check(Check(name, name, look, "…"))

    assert stranger.get("/readyz").content == b"degraded\n"
    assert "hanging could not be looked at (QueryCanceled)" in caplog.text
    assert "broken could not be looked at (ZeroDivisionError)" in caplog.text


@pytest.mark.django_db
def test_the_answer_carries_a_number_of_its_own(stranger):
    one, two = (stranger.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert len(one) == 32
    assert one != two
