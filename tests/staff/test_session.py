import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse

from servicedesk.core.models import LiveEvent
from servicedesk.staff.middleware import ACTIVE, BEGAN, SEEN
from servicedesk.staff.models import Presence
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/profile/?tab=1"}


def age(client, seconds, *keys):
    session = client.session
    for key in keys:
        session[key] = session[key] - seconds
    session.save()


@pytest.fixture
def open_desk(client, person, sign_in):
    """Someone at work, whose session has begun."""
    user = person("Feng Rui")
    sign_in(user)
    client.get(reverse("staff:profile"))
    return user


def test_a_session_ends_when_nothing_happened_for_two_hours(client, open_desk):
    age(client, settings.SESSION_IDLE_SECONDS + 5, ACTIVE)

    answer = client.get(reverse("staff:profile"), follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    client.cookies["django_language"] = "en"
    page = client.get(reverse("account_login")).content.decode()
    assert "signed out because nothing happened" in page


def test_a_session_in_use_goes_on(client, open_desk):
    age(client, settings.SESSION_IDLE_SECONDS - 60, ACTIVE)
    assert client.get(reverse("staff:profile")).status_code == 200

    age(client, settings.SESSION_IDLE_SECONDS - 60, ACTIVE)
    assert client.get(reverse("staff:profile")).status_code == 200


def test_what_a_page_asks_by_itself_does_not_keep_a_session_alive(client, open_desk):
    age(client, settings.SESSION_IDLE_SECONDS - 60, ACTIVE)
    client.get(reverse("staff:profile"), headers={"X-Background": "1"})

    age(client, 120, ACTIVE)

    assert client.get(reverse("staff:profile")).status_code == 302


def test_a_session_ends_after_twelve_hours_however_busy(client, open_desk):
    age(client, settings.SESSION_COOKIE_AGE + 5, BEGAN)

    assert client.get(reverse("staff:profile")).status_code == 302


def test_a_part_of_a_page_sends_the_whole_page_to_the_login(client, open_desk):
    age(client, settings.SESSION_IDLE_SECONDS + 5, ACTIVE)

    answer = client.get(reverse("staff:profile"), headers=HTMX)

    assert answer.headers["HX-Redirect"] == (
        "/accounts/login/?next=/profile/%3Ftab%3D1"
    )


def test_a_part_from_another_site_does_not_choose_where_the_login_leads(client, db):
    foreign = {**HTMX, "HX-Current-URL": "https://evil.example/profile/"}

    answer = client.get(reverse("staff:profile"), headers=foreign)

    assert "evil" not in answer.headers["HX-Redirect"]


def test_a_closed_account_loses_its_session(client, open_desk):
    open_desk.is_active = False
    open_desk.save()

    assert client.get(reverse("staff:profile")).status_code == 302
    open_desk.is_active = True
    open_desk.save()
    assert client.get(reverse("staff:profile")).status_code == 302


def test_a_new_password_ends_the_other_sessions(
    client, open_desk, django_user_model, sign_in
):
    other = type(client)()
    other.force_login(open_desk)
    assert other.get(reverse("staff:profile")).status_code == 200

    answer = client.post(
        reverse("account_change_password"),
        {
            "oldpassword": "correct-horse-battery",
            "password1": "another-horse-battery",
            "password2": "another-horse-battery",
        },
    )

    assert answer.status_code == 302
    assert client.get(reverse("staff:profile")).status_code == 200
    assert other.get(reverse("staff:profile")).status_code == 302


def test_pages_of_people_are_not_kept_by_browsers(client, open_desk):
    mine = client.get(reverse("staff:profile")).headers["Cache-Control"]
    assert "no-store" in mine

    client.logout()
    assert "Cache-Control" not in client.get("/robots.txt").headers


def test_being_seen_is_written_once_a_minute(
    client, open_desk, django_assert_max_num_queries
):
    with django_assert_max_num_queries(2):  # session and person
        assert client.get(reverse("staff:theme")).status_code == 405

    before = Presence.objects.get(user=open_desk).seen_at
    age(client, 61, SEEN)
    client.get(reverse("staff:profile"))
    seen = Presence.objects.get(user=open_desk).seen_at
    assert dt.timedelta() < seen - before < dt.timedelta(minutes=1)


def test_the_sixth_sign_in_ends_the_oldest_session(person, client):
    user = person("Yu Hao")
    browsers = [type(client)() for _number in range(settings.SESSIONS_AT_MOST + 1)]

    for each in browsers:
        answer = each.post(
            reverse("account_login"), {"login": user.username, "password": PASSWORD}
        )
        assert answer.status_code == 302

    open_now = [each.get(reverse("staff:profile")).status_code for each in browsers]
    assert open_now == [302, *[200] * settings.SESSIONS_AT_MOST]
    assert LiveEvent.objects.filter(kind="signed_out").count() == 1


def test_signing_out_clears_what_scripts_kept_in_the_browser(client, open_desk):
    answer = client.post(reverse("account_logout"))

    assert answer["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in client.get(reverse("account_login"))
