import datetime as dt
import json

import pytest
from auditlog.context import set_actor
from auditlog.registry import auditlog
from django.apps import apps
from django.http import HttpResponse
from django.test import RequestFactory

from servicedesk.audit.actions import record_access
from servicedesk.audit.middleware import AuditActorMiddleware, true_address
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.audit.registration import LABELS, register_model
from servicedesk.core.operations.request_ids import RequestIdMiddleware
from servicedesk.staff.models import User
from tests.core.encryption_app.fixtures import keys, overwrite, stored, tables
from tests.core.encryption_app.models import Patient

assert all([keys, overwrite, stored, tables])  # fixtures

SECRET = "欧阳娜娜"


@pytest.fixture
def followed(tables):
    register_model(Patient)
    yield
    auditlog.unregister(Patient)


@pytest.fixture
def li(db):
    return User.objects.create_user(username="li", email="li@example.com")


def whole_log():
    return json.dumps(list(LogEntry.objects.values()), default=str, ensure_ascii=False)


def test_every_model_of_ours_is_followed_or_says_why():
    for model in apps.get_models():
        if model._meta.app_label in LABELS:
            assert auditlog.contains(model) or model.audit_skip, model


def test_the_log_tells_what_changed_and_no_value(followed):
    nana = Patient.objects.create(name=SECRET, contact="13812345678", note="过敏")
    nana.name = "娜娜"
    nana.city = "成都"
    nana.save()
    nana.delete()
    created, changed, deleted = LogEntry.objects.order_by("id")
    assert changed.changes["name"] == ["<sealed>", "<sealed>"]
    assert changed.changes["city"] == ["", "成都"]
    assert {"name", "contact", "note"} <= set(created.changes)
    assert deleted.changes["name"][0] == "<sealed>"
    for secret in (SECRET, "娜娜", "13812345678", "5678", "过敏"):
        assert secret not in whole_log()


def test_an_untouched_value_is_not_logged(followed):
    Patient.objects.create(name=SECRET, contact="1")
    found = Patient.objects.get()
    found.city = "成都"
    found.save()
    assert set(LogEntry.objects.latest("id").changes) == {"city"}


def test_a_corrupted_row_can_be_changed_and_deleted(followed, overwrite):
    nana = Patient.objects.create(name=SECRET, contact="1")
    overwrite(nana, "name", b"garbage")
    found = Patient.objects.get(pk=nana.pk)
    found.city = "成都"
    found.save()
    found.delete()
    assert not Patient.objects.exists()
    assert LogEntry.objects.latest("id").action == Kind.DELETE


def test_a_password_is_not_in_the_log(db):
    user = User.objects.create_user(username="zhao", password="correct horse battery")
    user.set_password("another horse battery")
    user.save()
    for entry in LogEntry.objects.all():
        assert "password" not in (entry.changes or {})
    assert user.password not in whole_log()


def test_looking_is_recorded_without_the_value(tables, li):
    nana = Patient.objects.create(name=SECRET, contact="1")
    now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    with set_actor(None, remote_addr="192.0.2.7"):
        entry = record_access(
            instance=nana, by=li, purpose="service", now=now, fields=("name",)
        )
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_email) == (li, "li@example.com")
    assert (entry.action, entry.timestamp) == (Kind.REVEAL, now)
    assert entry.remote_addr == "192.0.2.7"
    assert entry.additional_data == {"purpose": "service", "fields": ["name"]}
    assert SECRET not in whole_log()


# --- who asked, and from where ---


@pytest.mark.parametrize(
    ("depth", "forwarded", "believed"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "'; DROP TABLE", "10.0.0.1"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "²", "10.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_our_own_proxies_saw(
    settings, depth, forwarded, believed
):
    settings.TRUSTED_PROXIES = depth
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    assert true_address(request) == believed


@pytest.mark.parametrize("direct", ["", "unix:", "not an address"])
def test_no_address_is_none_and_the_write_goes_through(followed, li, direct):
    def view(request):
        Patient.objects.create(name=SECRET, contact="1")
        return HttpResponse()

    request = RequestFactory().post(
        "/",
        REMOTE_ADDR=direct,
        headers={"X-Forwarded-For": "garbage", "X-Forwarded-Port": "99999999999"},
    )
    request.user = li
    assert AuditActorMiddleware(view)(request).status_code == 200
    entry = LogEntry.objects.latest("id")
    assert (entry.actor, entry.remote_addr, entry.remote_port) == (li, None, None)


def test_a_correlation_id_from_outside_cannot_break_a_write(followed, li, settings):
    settings.TRUSTED_PROXIES = 1

    def view(request):
        Patient.objects.create(name=SECRET, contact="1")
        Patient.objects.create(name="王芳", contact="2")
        return HttpResponse()

    for sent in ("x" * 5000, "a\0b"):
        headers = {"X-Correlation-ID": sent, "X-Request-ID": sent}
        request = RequestFactory().post("/", headers=headers)
        request.user = li
        numbered = RequestIdMiddleware(AuditActorMiddleware(view))
        assert numbered(request).status_code == 200
    ids = list(LogEntry.objects.order_by("id").values_list("cid", flat=True))[-4:]
    assert ids[0] == ids[1] != ids[2] == ids[3]
