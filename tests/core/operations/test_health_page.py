"""The page System health: for administrators, in words that say what to do."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.core import health_checks, panels
from servicedesk.core.health_checks import Check
from servicedesk.core.models import Heartbeat, Sweep
from servicedesk.core.operations import sweeps
from tests.factories import UserFactory
from tests.tickets.post import free_port

PAGE = "/system/health/"


@pytest.fixture
def admin(client, desk):
    user = UserFactory(
        display_name="Admin", role="administrator", is_staff=True, language="en"
    )
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def checks(monkeypatch):
    """Let each test say what is looked at."""
    kept = {}
    monkeypatch.setattr(health_checks, "_checks", kept)
    return kept


def shown(client):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def heard(kind, name, *, ago=5, version="", queues=""):
    at = timezone.now() - dt.timedelta(seconds=ago)
    Heartbeat.objects.create(
        kind=kind, name=name, version=version, queues=queues, since=at, at=at
    )


@pytest.mark.parametrize("role", ["agent", "supervisor", "data_protection_officer", ""])
def test_it_is_there_for_administrators_only(client, desk, role):
    client.force_login(UserFactory(role=role, team="call-centre"))
    assert client.get(PAGE).status_code == 404


def test_strangers_sign_in_first(client, desk):
    assert client.get(PAGE).status_code == 302


def test_a_new_desk_says_that_nobody_was_heard_of(client, admin):
    text = shown(client)
    assert "Nobody was heard of" in text
    assert text.count("nobody works on it") == 3
    assert "Everything that is watched is as it should be." in text


def test_it_says_what_is_wrong_and_what_to_do(client, admin):
    health_checks.register_check(
        Check("x", "Backups", lambda _cursor: "nobody copied it", "Start a backup.")
    )
    text = shown(client)
    assert "Nobody copied it." in text
    assert "Start a backup." in text
    assert "Everything that is watched" not in text


def test_processes_are_named_with_version_and_last_word(client, admin, settings):
    settings.VERSION = "9.9"
    heard("web", "desk-1/77", version="9.9")
    heard("worker", "daily@desk-1/78", version="9.8", queues="celery,letters")
    heard("beat", "desk-2/79", version="9.9", ago=600)
    heard("web", "long-gone/1", ago=3 * 3600)
    text = shown(client)
    assert "desk-1/77" in text
    assert "daily@desk-1/78 · celery,letters" in text
    assert text.count(">another<") == 1
    assert text.count(">silent<") == 1
    assert "long-gone" not in text


def test_sweeps_in_trouble_come_first(client, admin):
    with connection.cursor() as cursor:
        sweeps.expect_sweeps(cursor)
    Sweep.objects.filter(name="tickets.sweep_texts").update(
        since=timezone.now() - dt.timedelta(days=1)
    )
    for _ in range(3):
        sweeps.note_failed("tickets.sweep_clocks", ValueError("13800138000"))
    text = shown(client)
    assert text.index("tickets.sweep_clocks") < text.index("tickets.sweep_texts")
    assert text.index("tickets.sweep_texts") < text.index("audit.seal")
    assert "3 · <code>ValueError</code>" in text
    assert "13800138000" not in text


def test_without_the_broker_the_page_still_comes(client, admin, settings):
    settings.REDIS_URL = f"redis://:secret-word@127.0.0.1:{free_port()}/0"
    text = shown(client)
    assert "does not answer" in text
    assert "secret-word" not in text


def test_other_apps_have_a_place_there(client, admin, monkeypatch):
    monkeypatch.setitem(panels._slots, "system.health", [])
    panels.register(
        "system.health", panels.Panel("Backups", "jobs:jobs", "core.view_job")
    )
    text = shown(client)
    assert "<h2>Backups</h2>" in text
    assert 'hx-get="/jobs/"' in text


def test_it_asks_little_however_many_there_are(client, admin):
    shown(client)
    with CaptureQueriesContext(connection) as few:
        shown(client)
    for number in range(20):
        heard("web", f"desk/{number}")
    with CaptureQueriesContext(connection) as many:
        shown(client)
    assert len(few) == len(many) <= 15


def test_it_is_reached_from_the_rail_and_the_palette(client, admin):
    text = client.get("/profile/").content.decode()
    assert text.count(f'href="{PAGE}"') >= 2
