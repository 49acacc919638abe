"""The page about keys, and the work that is started from it."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.core.actions.keys import count_values
from servicedesk.core.encryption import jobs
from servicedesk.core.encryption.envelope import key_version
from servicedesk.core.models import Job, JobState, KeyCount, KeyRun
from servicedesk.core.tasks import count_keys, run_jobs
from tests.core.encryption_app.fixtures import keys
from tests.desk import desk
from tests.factories import ContactPointFactory, UserFactory

assert all([keys, desk])  # fixtures
PAGE = "/system/keys/"


@pytest.fixture
def admin(client, keys, desk):
    user = UserFactory(display_name="Admin", role="administrator", is_staff=True)
    client.force_login(user)
    return user


def shown(client):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def start(client, work):
    return client.post(f"{PAGE}{work}/", follow=True).content.decode()


@pytest.mark.parametrize("role", ["agent", "supervisor", "data_protection_officer", ""])
def test_it_is_there_for_administrators_only(client, keys, desk, role):
    client.force_login(UserFactory(role=role, team="call-centre"))
    assert client.get(PAGE).status_code == 404
    assert client.post(f"{PAGE}rotate/").status_code == 404
    assert not Job.objects.exists()


def test_strangers_sign_in_first(client, desk):
    assert client.get(PAGE).status_code == 302


def test_before_the_first_count_it_says_so(client, admin):
    text = shown(client)
    assert "no count has been made yet" in text
    assert "Encryption 1" in text
    assert "Index 1" in text
    assert text.count('data-label="Values">–<') == 2, "not counted is not none"
    count_values(now=timezone.now())
    assert 'data-label="Values">–<' not in shown(client)


def test_a_rotation_from_the_page(client, admin, keys, monkeypatch):
    monkeypatch.setattr(jobs, "PASS_PAUSE", 0.0)
    ContactPointFactory.create_batch(4)
    keys.primary(1)
    keys.add("field", 2)
    keys.primary(2)
    count_values(now=timezone.now())
    assert "Values are still under an older key" in shown(client)
    before = LogEntry.objects.count()
    assert "Encrypt anew" in start(client, "rotate")
    assert "Encrypt anew – under way" in shown(client)
    while Job.objects.active().exists():
        run_jobs.apply()
    assert Job.objects.get().state == JobState.DONE
    run = KeyRun.objects.get()
    assert (run.done, run.result["left"], run.started_by) == (8, 0, admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM customers_contactpoint")
        assert {key_version(bytes(v)) for (v,) in cursor.fetchall()} == {2}
    text = shown(client)
    assert "8 of 8 values" in text
    assert "keys retire field 1" in text
    assert LogEntry.objects.count() == before + 2, "the job and its run, not the rows"


def test_twice_is_refused_in_words(client, admin):
    start(client, "verify")
    text = start(client, "verify")
    assert "Work of this kind is under way already" in text
    assert Job.objects.count() == 1


def test_an_unknown_work_is_not_found(client, admin):
    assert client.post(f"{PAGE}destroy/").status_code == 404
    assert client.get(f"{PAGE}rotate/").status_code == 405


def test_what_is_altered_is_named_by_row(client, admin):
    bad = ContactPointFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_contactpoint SET value = value || '\\x00'::bytea"
        )
    call_command("keys", "verify", stdout=io.StringIO())
    text = shown(client)
    assert f"<code>{bad.pk}</code>: Cannot be read: the value was altered" in text
    assert "finished, but for what is named below" in text
    assert "“Read everything once” met 1 in trouble" in text


def test_the_page_never_counts_and_asks_little(client, admin):
    ContactPointFactory.create_batch(3)
    count_values(now=timezone.now())
    shown(client)
    with CaptureQueriesContext(connection) as few:
        shown(client)
    ContactPointFactory.create_batch(30)
    with CaptureQueriesContext(connection) as many:
        shown(client)
    assert len(few) == len(many) <= 15
    assert not any("get_byte" in one["sql"] for one in many)


def test_the_values_are_counted_once_a_day(admin):
    assert count_keys.apply().get() == 1
    assert count_keys.apply().get() == 0
    KeyCount.objects.update(at=timezone.now() - dt.timedelta(hours=21))
    assert count_keys.apply().get() == 1
