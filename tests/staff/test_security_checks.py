"""What the security checks see of accounts."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session

from servicedesk.core.models import Level
from servicedesk.staff.actions.roles import demand_second_factor
from servicedesk.staff.models import Clearance, Departure, Role, User
from servicedesk.staff.queries import security
from servicedesk.staff.tasks import sweep_sessions
from tests.core.checking import check, only
from tests.desk import desk, li, wang, zhao
from tests.factories import DAY, NOW, UserFactory

assert all([desk, li, wang, zhao])


@pytest.fixture
def anna(desk):
    """Anna administers the desk."""
    return UserFactory(display_name="Anna", role="administrator", is_staff=True)


@pytest.fixture
def olga(desk):
    """Olga is the data protection officer."""
    return UserFactory(display_name="Olga", role="data_protection_officer")


def codes(look, now=NOW):
    return {each.code: each for each in look(now)}


def protect(user, kind=Authenticator.Type.TOTP):
    return Authenticator.objects.create(user=user, type=kind, data={})


def test_who_has_no_second_factor_is_counted_by_what_is_at_stake(anna, olga, wang):
    found = codes(security.look_at_factors)
    assert (found["privileged"].level, found["others"].level) == (
        Level.BAD,
        Level.WARN,
    )
    assert set(found["privileged"].subjects) == {anna.pk, olga.pk}
    assert list(found["others"].subjects) == [wang.pk]
    for user in (anna, olga):
        protect(user)
    protect(wang, Authenticator.Type.WEBAUTHN)
    assert set(codes(security.look_at_factors)) == {"not_demanded"}


def test_it_is_said_where_no_second_factor_is_demanded_of_whom_it_should_be(desk):
    found = codes(security.look_at_factors)["not_demanded"]
    assert (found.level, found.count) == (Level.WARN, 2)
    for key in ("administrator", "data_protection_officer"):
        role = Role.objects.get(key=key)
        demand_second_factor(role=role, demanded=True, days=7, now=NOW)
    assert "not_demanded" not in codes(security.look_at_factors)


def test_recovery_codes_alone_are_no_second_factor(wang):
    protect(wang, Authenticator.Type.RECOVERY_CODES)
    assert "others" in codes(security.look_at_factors)


def test_accounts_that_nobody_uses(wang, li, zhao, settings):
    User.objects.filter(pk=wang.pk).update(last_login=NOW - 91 * DAY)
    User.objects.filter(pk=li.pk).update(last_login=NOW - 2 * DAY)
    User.objects.filter(pk=zhao.pk).update(date_joined=NOW - 31 * DAY)
    found = codes(security.look_at_use)
    assert list(found["unused"].subjects) == [wang.pk]
    assert list(found["never"].subjects) == [zhao.pk]
    settings.UNUSED_ACCOUNT_DAYS = 100
    assert "unused" not in codes(security.look_at_use)


def leave(user, by, **more):
    return Departure.objects.create(
        user=user, planned_by=by, planned_at=NOW - 9 * DAY, **more
    )


def test_who_left_and_is_still_let_in(wang, zhao):
    leave(
        wang, zhao, state="done", leaves_at=NOW - DAY, begun_at=NOW - DAY, ended_at=NOW
    )
    assert list(codes(security.look_at_leavers)["active"].subjects) == [wang.pk]
    User.objects.filter(pk=wang.pk).update(is_active=False)
    assert "active" not in codes(security.look_at_leavers)


def test_a_departure_that_nothing_began_is_bad(wang, zhao):
    leave(wang, zhao, leaves_at=NOW - dt.timedelta(hours=2))
    assert codes(security.look_at_leavers)["overdue"].level == Level.BAD
    Departure.objects.update(leaves_at=NOW + DAY)
    assert codes(security.look_at_leavers) == {}


def test_a_closed_account_keeps_no_session_and_no_role(wang):
    User.objects.filter(pk=wang.pk).update(is_active=False)
    UserSession.objects.create(user=wang, session_key="k" * 32, ip="192.0.2.1", data={})
    found = codes(security.look_at_leavers)
    assert found["sessions"].level == Level.BAD
    assert found["powers"].count == 1


def test_superusers_are_few_and_for_emergencies(desk):
    for name in ("Root One", "Root Two"):
        UserFactory(display_name=name, role=None, is_superuser=True)
    assert codes(security.look_at_superusers) == {}
    third = UserFactory(
        display_name="Root Three", role=None, is_superuser=True, last_login=NOW - DAY
    )
    found = codes(security.look_at_superusers)
    assert found["many"].count == 3
    assert list(found["used"].subjects) == [third.pk]


def test_a_password_of_an_older_method_is_named(wang, li):
    for user in (wang, li):
        user.set_password("correct-horse-battery")
        user.save()
    assert codes(security.look_at_passwords) == {}
    User.objects.filter(pk=wang.pk).update(password="pbkdf2_sha256$1$salt$aGFzaA==")
    found = codes(security.look_at_passwords)["weak_hash"]
    assert list(found.subjects) == [wang.pk]


def test_an_account_without_a_password_is_no_finding(wang):
    wang.set_unusable_password()
    wang.save()
    assert codes(security.look_at_passwords) == {}


def test_old_sessions_are_told_of_and_swept(desk, wang):
    for key, expires in (
        ("old", NOW - 3 * DAY),
        ("new", dt.datetime.now(dt.UTC) + DAY),
    ):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
        UserSession.objects.create(user=wang, session_key=key, ip="::1", data={})
    assert codes(security.look_at_sessions)["old"].count == 1
    assert sweep_sessions.apply().get() == 1
    assert codes(security.look_at_sessions) == {}
    assert UserSession.objects.get().session_key == "new"


def test_training_that_lapsed_and_agreements_that_are_not_signed(wang):
    lapsed = UserFactory(display_name="Late", team="call-centre")
    Clearance.objects.filter(user=lapsed).update(training_until=NOW - DAY)
    unsigned = UserFactory(display_name="New", cleared=False)
    found = codes(security.look_at_clearance)
    assert list(found["lapsed"].subjects) == [lapsed.pk]
    assert list(found["unsigned"].subjects) == [unsigned.pk]


def test_holders_are_those_by_role_and_by_name_while_they_work_here(anna, wang):
    group = Group.objects.get(role__key="administrator")
    wang.user_permissions.add(group.permissions.get(codename="view_user"))
    left = UserFactory(display_name="Left", role="administrator", is_active=False)
    found = security.ids(security.holders("staff.view_user"))
    assert found == sorted([anna.pk, wang.pk])
    assert left.pk not in found


def test_the_page_names_whom_an_administrator_has_to_ask(client, anna, monkeypatch):
    only(monkeypatch, "staff.factors")
    client.force_login(anna)
    check(dt.datetime.now(dt.UTC))
    text = client.get("/system/security/").content.decode()
    assert f'<a href="/admin/staff/user/{anna.pk}/change/">Anna</a>' in text
