"""What the security checks read from the audit log."""

import datetime as dt

import pytest
from django.contrib.contenttypes.models import ContentType

from servicedesk.audit import security
from servicedesk.audit.models import Kind, LogEntry, Verification
from servicedesk.audit.sealing import seal_settled
from servicedesk.core.models import Level
from servicedesk.staff.models import User
from tests.factories import DAY, HOUR, NOW, UserFactory


def codes(look, now=NOW):
    return {each.code: each for each in look(now)}


def entries(kind, count, *, at=NOW - HOUR, user=None, **more):
    about = {}
    if user is not None:
        about = {
            "object_pk": str(user.pk),
            "content_type": ContentType.objects.get_for_model(User),
        }
    for _ in range(count):
        LogEntry.objects.create(action=kind, timestamp=at, **about, **more)


def test_a_quiet_day_is_no_finding(desk, wang):
    entries(Kind.SIGN_IN_FAILED, 5, user=wang, remote_addr="192.0.2.1")
    assert codes(security.look_at_sign_ins) == {}


def test_one_account_and_one_address_that_meet_many_wrong_passwords(desk, wang, li):
    entries(Kind.SIGN_IN_FAILED, 20, user=wang, remote_addr="192.0.2.1")
    entries(Kind.SIGN_IN_FAILED, 30, user=li, remote_addr="192.0.2.1", at=NOW - 2 * DAY)
    found = codes(security.look_at_sign_ins)
    assert list(found["accounts"].subjects) == [wang.pk]
    assert "addresses" not in found
    entries(Kind.SIGN_IN_FAILED, 30, remote_addr="192.0.2.1")
    found = codes(security.look_at_sign_ins)
    assert found["addresses"].count == 1
    assert "192.0.2.1" not in str(found), "an address is somebody's"


def test_more_than_in_the_week_before_is_bad(desk, wang):
    for day in range(2, 9):
        entries(Kind.SIGN_IN_FAILED, 15, at=NOW - day * DAY + HOUR)
    entries(Kind.SIGN_IN_FAILED, 45)
    assert "more" not in codes(security.look_at_sign_ins)
    entries(Kind.SIGN_IN_FAILED, 1)
    found = codes(security.look_at_sign_ins)["more"]
    assert (found.level, found.count, found.numbers) == (Level.BAD, 46, {"usual": 15})


def test_accounts_that_were_locked(desk, wang):
    entries(Kind.LOCKOUT, 3, user=wang)
    found = codes(security.look_at_sign_ins)["locked"]
    assert (found.count, list(found.subjects)) == (1, [wang.pk])


def test_who_tries_many_closed_doors(desk, wang, li):
    entries(Kind.REFUSAL, 50, actor=wang)
    entries(Kind.REFUSAL, 49, actor=li)
    entries(Kind.REFUSAL, 80)
    found = codes(security.look_at_refusals)["many"]
    assert list(found.subjects) == [wang.pk]


def test_who_still_uses_the_password_that_they_were_given(desk, wang, li, zhao):
    User.objects.update(date_joined=NOW - 40 * DAY, last_login=NOW - DAY)
    entries(Kind.PASSWORD, 1, user=wang, actor=wang)
    entries(Kind.PASSWORD, 1, user=li, actor=zhao)
    User.objects.filter(pk=zhao.pk).update(date_joined=NOW - 5 * DAY)
    found = codes(security.look_at_passwords)["first"]
    assert list(found.subjects) == [li.pk]


@pytest.fixture
def verified(db):
    return Verification.objects.create(
        started_at=NOW - HOUR, ended_at=NOW - HOUR, whole=True,
        entries=1, seals=1, unsealed=0, dropped=0,
    )  # fmt: skip


def test_a_log_that_was_verified_lately_is_in_order(desk, verified, settings, tmp_path):
    settings.AUDIT_SEALS_DIR = tmp_path / "seals"
    found = codes(security.look_at_log, dt.datetime.now(dt.UTC))
    assert "broken" not in found
    assert "beside" not in found
    assert codes(security.look_at_log, NOW + 3 * DAY)["late"].numbers == {"days": 3}


def test_a_log_that_is_not_whole_is_bad(desk, verified):
    Verification.objects.update(whole=False)
    assert codes(security.look_at_log)["broken"].level == Level.BAD


def test_a_log_that_was_never_verified_is_told(desk):
    assert codes(security.look_at_log)["never"].level == Level.NOTE


def test_a_copy_beside_the_database_is_told(desk, settings):
    settings.AUDIT_SEALS_DIR = settings.DATA_DIR / "seals"
    assert "beside" in codes(security.look_at_log)


def test_entries_that_wait_for_a_seal_and_a_copy_that_is_ahead(
    committed, settings, tmp_path
):
    settings.AUDIT_SEALS_DIR = tmp_path / "seals"
    now = dt.datetime.now(dt.UTC)
    UserFactory(display_name="Wang Fang")
    assert "unsealed" in codes(security.look_at_log, now + HOUR)
    seal_settled(now=now)
    assert "unsealed" not in codes(security.look_at_log, now + HOUR)
    for path in settings.AUDIT_SEALS_DIR.glob("*.jsonl"):
        ahead = path.read_bytes().replace(b'"number":1', b'"number":9')
        path.write_bytes(ahead)
    assert codes(security.look_at_log, now)["ahead"].level == Level.BAD
