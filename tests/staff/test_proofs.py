"""Proving again who one is: a new key for the session; other sessions are ended."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from servicedesk.core.live.publish import SIGNED_OUT
from servicedesk.core.live.tokens import session_ref
from servicedesk.core.models import LiveEvent
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SESSIONS = "/accounts/sessions/"


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def with_key(key):
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = key
    return other


@pytest.fixture(autouse=True)
def _half_a_minute_may_end_during_a_test(settings):
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def wu(person, sign_in):
    """Wu Min, signed in here and on her telephone."""
    user = person("Wu Min")
    sign_in(user)
    return user


@pytest.fixture
def telephone(wu):
    browser = Client(headers={"User-Agent": "Telephone"})
    browser.post("/accounts/login/", {"login": wu.username, "password": PASSWORD})
    return browser


def ended():
    kept = LiveEvent.objects.filter(kind=SIGNED_OUT)
    return list(kept.values_list("ref", flat=True))


def test_proving_again_gives_a_new_key_and_the_old_one_opens_nothing(client, wu, prove):
    client.get(reverse("staff:profile"))
    before = key_of(client)

    prove()

    after = key_of(client)
    assert after != before
    assert client.get(reverse("staff:profile")).status_code == 200
    assert with_key(before).get(reverse("staff:profile")).status_code == 302
    assert UserSession.objects.get(user=wu).session_key == after


def test_a_wrong_password_changes_no_key(client, wu, prove):
    before = key_of(client)

    prove("wrong-horse-battery")

    assert key_of(client) == before


def test_another_tab_goes_on_and_its_stream_begins_anew(client, wu, prove):
    before = key_of(client)
    prove()

    # What was opened by the old key ends; the cookie that all tabs share opens it anew.
    assert ended() == [session_ref(before)]
    token = client.get(reverse("live-token"), {"channel": f"user:{wu.pk}"})
    assert token.status_code == 200
    assert with_key(before).get(reverse("live-token")).status_code == 401


def test_a_form_that_waited_for_the_proof_is_sent_with_the_new_key(
    client, wu, telephone
):
    first = client.post(SESSIONS)
    assert first.url.startswith(reverse("account_reauthenticate"))
    assert telephone.get(reverse("staff:profile")).status_code == 200

    answer = client.post(first.url, {"password": PASSWORD}, follow=True)

    assert "Signed out in 1 place." in answer.content.decode()
    assert client.get(reverse("staff:profile")).status_code == 200
    assert telephone.get(reverse("staff:profile")).status_code == 302


def test_one_session_is_ended_and_the_others_go_on(client, wu, telephone, prove):
    tablet = Client()
    tablet.post("/accounts/login/", {"login": wu.username, "password": PASSWORD})
    prove()
    page = client.get(SESSIONS).content.decode()
    row = UserSession.objects.get(session_key=key_of(telephone))
    assert page.count("Sign out there") == 2
    assert "Telephone" in page

    answer = client.post(SESSIONS, {"session": row.pk}, follow=True)

    assert "Signed out in 1 place." in answer.content.decode()
    states = [each.get("/profile/").status_code for each in (client, telephone, tablet)]
    assert states == [200, 302, 200]
    assert session_ref(row.session_key) in ended()


def test_nobody_ends_the_session_of_another(client, wu, prove, person):
    stranger = Client()
    stranger.force_login(person("Xu Lan"))
    stranger.get(reverse("staff:profile"))
    row = UserSession.objects.exclude(user=wu).first() or UserSession.objects.create(
        user=person("Xu Lei"), ip="192.0.2.1", session_key=key_of(stranger)
    )
    prove()

    client.post(SESSIONS, {"session": row.pk})
    client.post(SESSIONS, {"session": "x"})

    assert stranger.get(reverse("staff:profile")).status_code == 200


def offered(page):
    return "you are still signed in elsewhere" in page.content.decode()


@pytest.fixture
def set_up_app(client, monkeypatch):
    """Set the app up in the pages; return the page that is shown then."""

    def do():
        page = client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        # The test's own transaction is never committed; a page's is within the page.
        monkeypatch.setattr(transaction, "on_commit", lambda act, **_more: act())
        done = client.post(reverse("mfa_activate_totp"), {"code": code})
        return client.get(done.url)

    return do


def test_after_a_change_of_the_second_factor_other_sessions_can_be_ended(
    client, wu, telephone, prove, set_up_app
):
    prove()
    assert not offered(client.get(reverse("mfa_index")))

    assert offered(set_up_app())
    assert offered(client.get(reverse("mfa_index")))
    client.post(SESSIONS)

    assert telephone.get(reverse("staff:profile")).status_code == 302
    assert not offered(client.get(reverse("mfa_index")))
    assert Authenticator.objects.filter(user=wu).exists()


def test_removing_it_offers_the_same_and_looking_is_enough(
    client, wu, telephone, prove, set_up_app
):
    prove()
    set_up_app()
    client.get(SESSIONS)
    assert not offered(client.get(reverse("mfa_index")))

    answer = client.post(reverse("mfa_deactivate_totp"), follow=True)

    assert offered(answer)


def test_who_is_signed_in_nowhere_else_is_offered_nothing(wu, prove, set_up_app):
    prove()

    assert not offered(set_up_app())
