"""A second factor that a role demands: told beforehand, then nothing else opens."""

import datetime as dt
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse
from django.utils import timezone

from servicedesk.core.live.publish import SIGNED_OUT
from servicedesk.core.models import LiveEvent
from servicedesk.staff.actions.roles import demand_second_factor
from servicedesk.staff.models import Role, User
from servicedesk.staff.queries.second_factor import demanded_from, must_set_up
from tests.factories import DAY

pytestmark = pytest.mark.django_db
SET_UP = "/accounts/2fa/"
ELSEWHERE = ("/", "/profile/", "/clearance/", "/admin/", "/admin/staff/user/",
             "/accounts/sessions/", "/system/security/")  # fmt: skip


def demand(key, days=7, ago=0):
    role = Role.objects.get(key=key)
    now = timezone.now() - dt.timedelta(days=ago)
    return demand_second_factor(role=role, demanded=True, days=days, now=now)


def protect(user, kind=Authenticator.Type.TOTP):
    return Authenticator.objects.create(user=user, type=kind, data={})


@pytest.fixture
def ping(person):
    """He Ping administers the desk, and signs in with the password alone."""
    return person("He Ping", "administrator")


@pytest.fixture
def wang(person):
    """Wang Wu serves customers."""
    return person("Wang Wu", "agent")


def begins(user):
    return demanded_from(User.objects.get(pk=user.pk))


def test_nothing_is_demanded_until_somebody_says_so(client, ping):
    assert not Role.objects.filter(second_factor=True).exists()
    client.force_login(ping)
    page = client.get("/profile/")
    assert page.status_code == 200
    assert "demands a second factor" not in page.content.decode()


def test_before_the_days_are_over_each_page_tells_and_works(client, ping):
    role = demand("administrator", days=7, ago=3)
    client.force_login(ping)
    for address in ("/profile/", "/clearance/"):
        page = client.get(address)
        assert page.status_code == 200
        told = page.content.decode()
        assert "Without one no other page opens to you from" in told
        assert f'href="{SET_UP}"' in told
    due = role.second_factor_since + 7 * DAY
    assert dt.timedelta() <= due - begins(ping) < dt.timedelta(seconds=1)


def test_after_them_every_page_leads_to_the_set_up_and_nowhere_else(client, ping):
    demand("administrator", days=7, ago=8)
    client.force_login(ping)
    for address in ELSEWHERE:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, SET_UP)
    changed = client.post("/profile/presence/", {"state": "busy"})
    assert changed.headers["Location"] == SET_UP
    page = client.get(SET_UP)
    assert page.status_code == 200
    assert "until then no other page opens" in page.content.decode()


def test_neither_parts_of_pages_nor_live_streams_open(client, ping):
    demand("administrator", days=0)
    client.force_login(ping)
    part = client.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (403, SET_UP)
    assert client.get("/live/token/").status_code == 403
    lost = client.get("/no/such/page/")
    assert lost.status_code == 404
    assert f"user:{ping.pk}" not in lost.content.decode()
    told = client.get(SET_UP).content.decode()
    assert re.search(r'data-live-token="([^"]*)"', told)[1] == ""
    assert re.search(r'data-live-token-url="([^"]*)"', told)[1] == ""


def test_who_sets_it_up_goes_on(client, ping, sign_in, prove, settings):
    settings.MFA_TOTP_TOLERANCE = 1
    demand("administrator", days=0)
    sign_in(ping)
    assert client.get("/profile/").headers["Location"] == SET_UP
    prove()
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    done = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)
    assert done.status_code == 200
    assert done.redirect_chain[-1][0].startswith(SET_UP)
    page = client.get("/profile/")
    assert page.status_code == 200
    assert "demands a second factor" not in page.content.decode()


def test_they_can_prove_who_they_are_choose_a_language_and_leave(client, ping):
    demand("administrator", days=0)
    client.force_login(ping)
    assert client.get("/accounts/reauthenticate/").status_code == 200
    answer = client.post("/i18n/setlang/", {"language": "zh-hans", "next": SET_UP})
    assert answer.headers["Location"] == SET_UP
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_an_app_or_a_passkey_is_enough(ping, kind):
    demand("administrator", days=0)
    protect(ping, kind)
    assert begins(ping) is None


def test_recovery_codes_alone_are_not(ping):
    demand("administrator", days=0)
    protect(ping, "recovery_codes")
    assert begins(ping) is not None


def test_it_is_demanded_of_the_role_s_people_only(client, ping, wang):
    demand("administrator", days=0)
    assert begins(wang) is None
    client.force_login(wang)
    assert client.get("/profile/").status_code == 200


def test_superusers_are_treated_as_administrators(person):
    root = person("Root", is_superuser=True)
    demand("agent", days=0)
    assert begins(root) is None
    demand("administrator", days=0)
    assert begins(root) is not None


def test_of_several_roles_the_soonest_counts(person):
    demand("administrator", days=30)
    lin = person("Ma Lin", "administrator")
    lin.groups.add(demand("data_protection_officer", days=2).group)
    moment = timezone.now()
    lin = User.objects.get(pk=lin.pk)
    assert not must_set_up(lin, now=moment + DAY)
    assert must_set_up(lin, now=moment + 2 * DAY + dt.timedelta(minutes=1))


def test_whose_factor_was_removed_sets_up_another(client, ping):
    demand("administrator", days=7, ago=30)
    factor = protect(ping)
    client.force_login(ping)
    assert client.get("/profile/").status_code == 200
    factor.delete()
    assert client.get("/profile/").headers["Location"] == SET_UP


def test_administrators_demand_it_on_the_page_of_the_role(client, ping):
    client.force_login(ping)
    role = Role.objects.get(key="data_protection_officer")
    address = reverse("admin:staff_role_change", args=[role.pk])
    page = client.get(address).content.decode()
    assert "must have a second factor" in page.lower()
    given = {"name_zh": role.name_zh, "name_en": role.name_en}
    too_long = given | {"second_factor": "on", "second_factor_days": 91}
    assert client.post(address, too_long).status_code == 200
    before = timezone.now()
    client.post(address, given | {"second_factor": "on", "second_factor_days": 10})
    role.refresh_from_db()
    assert (role.second_factor, role.second_factor_days) == (True, 10)
    since = role.second_factor_since
    assert since >= before
    client.post(address, given | {"second_factor": "on", "second_factor_days": 20})
    role.refresh_from_db()
    assert (role.second_factor_days, role.second_factor_since) == (20, since)
    client.post(address, given | {"second_factor_days": 20})
    role.refresh_from_db()
    assert (role.second_factor, role.second_factor_since) == (False, None)


def test_what_streams_tell_is_asked_again_when_it_is_demanded(ping):
    LiveEvent.objects.all().delete()
    demand("administrator", days=0)
    events = LiveEvent.objects.filter(kind=SIGNED_OUT)
    assert [each.channel for each in events] == [f"user:{ping.pk}"]
