import base64
import re
import time
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
)
from django.apps import apps
from django.core.cache import cache
from django.urls import reverse

from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
INLINE = re.compile(
    r"<script(?![^>]*(\bsrc=|application/json))|<style|\sstyle=|\son[a-z]+="
)


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture(autouse=True)
def _half_a_minute_may_end_during_a_test(settings):
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def with_app(client, person, sign_in, prove):
    """Give a person who has set up the app in the pages."""
    user = person("Xu Fei")
    sign_in(user)
    prove()
    page = client.get(reverse("mfa_activate_totp"))
    assert "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert done.status_code == 302, done.context["form"].errors
    client.post(reverse("account_logout"))
    return user, secret


def test_signing_in_asks_for_the_code_of_the_app(client, with_app, sign_in):
    user, secret = with_app

    sign_in(user)
    assert "_auth_user_id" not in client.session
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    # A code is good once: the one that activated the app is spent.
    cache.clear()
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_recovery_code_lets_in_once(client, with_app, sign_in):
    user, _secret = with_app
    codes = Authenticator.objects.get(user=user, type="recovery_codes")
    first = codes.wrap().get_unused_codes()[0]

    for expected in (True, False):
        sign_in(user)
        client.post(reverse("mfa_authenticate"), {"code": first})
        assert ("_auth_user_id" in client.session) is expected
        client.logout()


def test_seeds_lie_sealed_in_the_database(with_app):
    user, secret = with_app
    rows = Authenticator.objects.filter(user=user)
    codes = rows.get(type="recovery_codes")
    clear = [secret, *codes.wrap().get_unused_codes()]

    stored = str(list(rows.values_list("data", flat=True)))

    assert not [each for each in clear if each in stored]
    seed = codes.data["seed"]
    assert b"\0" in base64.b64decode(seed, validate=True)


def lose_key(user):
    for row in Authenticator.objects.filter(user=user):
        for name in {"secret", "seed"} & set(row.data):
            sealed = bytearray(base64.b64decode(row.data[name]))
            sealed[1:3] = b"\x03\xe7"  # a version that is not on the ring
            row.data[name] = base64.b64encode(sealed).decode()
        row.save()


def test_without_the_key_neither_app_nor_codes_let_in(client, with_app, sign_in):
    user, secret = with_app
    row = Authenticator.objects.get(user=user, type="recovery_codes")
    recovery = row.wrap().get_unused_codes()[0]
    lose_key(user)
    cache.clear()
    client.cookies["django_language"] = "en"
    sign_in(user)

    for typed in (code(secret), recovery):
        answer = client.post(reverse("mfa_authenticate"), {"code": typed})
        assert "its key is missing" in answer.content.decode()

    assert "_auth_user_id" not in client.session


def test_pages_about_an_unreadable_factor_say_so(client, with_app):
    user, _secret = with_app
    lose_key(user)
    client.force_login(user)

    page = client.get(reverse("mfa_index"), follow=True)

    assert page.redirect_chain == [(reverse("staff:profile"), 302)]
    assert "its key is missing" in page.content.decode()


PAGES = [
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_index",
    "mfa_list_webauthn",
    "usersessions_list",
    "staff:profile",
]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_of_the_account_keep_to_the_policy(
    client, person, sign_in, prove, name, language
):
    sign_in(person("Tang Wei", language=language))
    prove()

    page = client.get(reverse(name))

    assert page.status_code == 200
    assert not INLINE.search(page.content.decode())
    assert page.headers["Content-Language"] == language


@pytest.mark.parametrize(
    "name",
    [
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "mfa_reauthenticate",
    ],
)
def test_pages_of_an_active_factor_keep_to_the_policy(
    client, with_app, sign_in, prove, name
):
    user, _secret = with_app
    codes = Authenticator.objects.get(user=user, type="recovery_codes")
    sign_in(user)
    second = client.get(reverse("mfa_authenticate"))
    assert not INLINE.search(second.content.decode())
    client.post(
        reverse("mfa_authenticate"), {"code": codes.wrap().get_unused_codes()[0]}
    )
    prove()

    page = client.get(reverse(name))

    assert page.status_code == 200
    assert not INLINE.search(page.content.decode())


def test_factors_change_only_after_proving_again_who_one_is(client, person):
    client.force_login(person("Lu Han"))

    answer = client.get(reverse("mfa_activate_totp"))

    assert answer.url.startswith(reverse("account_reauthenticate"))
    client.post(answer.url, {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_seeds_from_before_are_sealed_by_the_migration(client, with_app, sign_in):
    user, secret = with_app
    row = Authenticator.objects.get(user=user, type="totp")
    row.data["secret"] = secret
    row.save()
    Authenticator.objects.filter(user=user, type="recovery_codes").delete()

    import_module("servicedesk.staff.migrations.0003_seal_second_factors").forwards(
        apps, None
    )

    row.refresh_from_db()
    assert secret not in str(row.data)
    cache.clear()
    sign_in(user)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert client.session["_auth_user_id"] == str(user.pk)
