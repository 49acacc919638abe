import re

import pytest
from django.urls import reverse

from servicedesk.core.live.tokens import session_ref
from servicedesk.core.models import LiveEvent
from servicedesk.staff.models import Presence, PresenceState
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOCKED = "too many wrong tries"


def test_staff_sign_in_by_name_or_address(client, person):
    person("Wang Lei", email="wang.lei@example.com")

    for login in ("wang.lei", "WANG.LEI", "wang.lei@example.com"):
        answer = client.post(
            reverse("account_login"), {"login": login, "password": PASSWORD}
        )
        assert answer.status_code == 302, login
        client.logout()


def test_signing_in_and_out_is_seen_by_others(client, person, sign_in):
    lin = person("Lin Yue")

    sign_in(lin)
    assert Presence.objects.get(user=lin).state == PresenceState.ONLINE

    client.post(reverse("account_logout"))
    assert Presence.objects.get(user=lin).state == PresenceState.OFFLINE


def test_signing_out_is_told_to_the_browser_s_other_pages(client, person, sign_in):
    lin = person("Lin Yue")
    sign_in(lin)
    session = session_ref(client.session.session_key)

    client.post(reverse("account_logout"))

    told = LiveEvent.objects.get(kind="signed_out")
    assert (told.channel, told.ref) == (f"user:{lin.pk}", session)


@pytest.mark.parametrize("door", ["/accounts/login/", "/admin/login/"])
def test_five_wrong_tries_lock_the_account_at_both_doors(client, person, door):
    zhou = person("Zhou Min", "administrator")
    client.cookies["django_language"] = "en"

    def attempt(login, password):
        page = client.get(door, follow=True)
        where = page.redirect_chain[-1][0] if page.redirect_chain else door
        return client.post(where, {"login": login, "password": password})

    for number in range(5):
        login = zhou.email if number % 2 else zhou.username
        answer = attempt(login, "wrong")
        assert answer.status_code == 200
        assert LOCKED not in answer.content.decode()

    for login in (zhou.username, zhou.email, zhou.username.upper()):
        answer = attempt(login, PASSWORD)
        assert LOCKED in answer.content.decode()
        assert "_auth_user_id" not in client.session


def test_a_lock_on_one_account_leaves_others_alone(client, person, sign_in):
    chen, gao = person("Chen Jie"), person("Gao Yan")
    for _try in range(6):
        sign_in(chen, "wrong")

    assert sign_in(gao).status_code == 302


def test_an_unknown_name_is_told_the_same_as_a_wrong_password(client, person):
    person("Sun Li")
    client.cookies["django_language"] = "en"

    answers = [
        client.post(reverse("account_login"), {"login": login, "password": "wrong"})
        for login in ("sun.li", "nobody", "sun.li@example.com", "no@example.com")
    ]

    words = "Name or password is wrong."
    assert [words in each.content.decode() for each in answers] == [True] * 4


def test_a_closed_account_does_not_open(client, person, sign_in):
    left = person("Ma Chao", is_active=False)

    sign_in(left)

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_email_verification_sent",
        "account_reset_password",
    ],
)
def test_accounts_are_made_by_administrators_alone(client, person, name):
    assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(name), {"email": "me@example.com"}).status_code == 404
    client.force_login(person("Deng Chao"))
    assert client.get(reverse(name)).status_code == 404


def test_where_letters_are_sent_a_password_can_be_reset(client, db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert client.get(reverse("account_reset_password")).status_code == 200


def test_the_login_page_has_no_script_of_its_own_and_offers_no_account(client):
    client.cookies["django_language"] = "en"
    page = client.get(reverse("account_login")).content.decode()

    assert "Sign in with a passkey" in page
    assert "signup" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)


def test_the_login_page_speaks_chinese_to_the_chinese(client):
    client.cookies["django_language"] = "zh-hans"
    page = client.get(reverse("account_login"))

    assert page.headers["Content-Language"] == "zh-hans"


def test_an_agent_does_not_get_into_the_administration(client, person):
    client.force_login(person("He Ping", "agent"))

    assert client.get("/admin/").status_code == 404
    assert client.get("/admin/staff/user/").status_code == 404


def test_a_stranger_at_the_administration_is_sent_to_the_login(client, db):
    answer = client.get("/admin/staff/user/", follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
