"""A password that an administrator chose is good for one sign-in, within some days."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from servicedesk.staff.actions.passwords import note_given
from servicedesk.staff.models import User
from tests.staff.conftest import PASSWORD

CHANGE = "/accounts/password/change/"
OWN = "quite-another-horse-1"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shen(person):
    """Shen Yi was given a password two hours ago."""
    user = person("Shen Yi")
    return note_given(user=user, now=timezone.now() - dt.timedelta(hours=2))


def choose(client, new, old=PASSWORD):
    given = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(CHANGE, given)


def again(user):
    return User.objects.get(pk=user.pk)


def test_an_administrator_gives_passwords_to_new_and_to_old_accounts(client, person):
    client.force_login(person("Bai Lu", "administrator"))
    passwords = {"password1": OWN, "password2": OWN}
    account = {"username": "new.agent", "display_name": "New", "email": "n@example.com"}
    client.post(reverse("admin:staff_user_add"), account | passwords)
    assert User.objects.get(username="new.agent").password_given_at is not None
    niu = person("Niu Li")
    assert niu.password_given_at is None
    client.post(reverse("admin:auth_user_password_change", args=[niu.pk]), passwords)
    assert again(niu).password_given_at is not None


def test_who_signs_in_with_it_chooses_one_before_anything_else(client, shen, sign_in):
    sign_in(shen)
    for address in ("/", "/profile/", "/clearance/"):
        assert client.get(address).headers["Location"] == CHANGE
    assert client.get("/live/token/").status_code == 403
    page = client.get(CHANGE)
    assert "Somebody else chose your password" in page.content.decode()
    assert choose(client, OWN).status_code == 302
    assert again(shen).password_given_at is None
    assert client.get("/profile/").status_code == 200
    assert "Somebody else" not in client.get(CHANGE).content.decode()


def test_the_given_one_is_not_taken_as_one_s_own(client, shen, sign_in):
    sign_in(shen)
    answer = choose(client, PASSWORD)
    assert "This is the password that you have now." in answer.content.decode()
    assert again(shen).password_given_at is not None


def test_after_its_days_it_lets_nobody_in(client, shen, sign_in, settings):
    client.cookies["django_language"] = "en"
    given = timezone.now() - dt.timedelta(days=settings.FIRST_PASSWORD_DAYS, hours=-1)
    note_given(user=shen, now=given)
    sign_in(shen)
    assert "_auth_user_id" in client.session
    client.logout()
    note_given(user=shen, now=given - dt.timedelta(hours=1))
    client.cookies["django_language"] = "en"
    answer = sign_in(shen)
    assert "_auth_user_id" not in client.session
    assert "The password that you were given has expired" in answer.content.decode()
    wrong = sign_in(shen, "not-the-password-1")
    assert "has expired" not in wrong.content.decode()


def test_a_password_of_one_s_own_does_not_expire(client, person, sign_in):
    user = person("Wang Wu", date_joined=timezone.now() - dt.timedelta(days=400))
    sign_in(user)
    assert client.get("/profile/").status_code == 200
