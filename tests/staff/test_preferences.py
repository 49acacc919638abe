import pytest
from django.urls import reverse
from django.utils import timezone

from servicedesk.staff.models import Theme

pytestmark = pytest.mark.django_db

CHOSEN = {
    "display_name": "Zhang Wei",
    "language": "zh-hans",
    "time_zone": "Europe/Berlin",
    "theme": "dark",
}


@pytest.fixture
def zhang(client, person):
    user = person("Zhang Wei")
    client.force_login(user)
    return user


def test_the_profile_is_saved_and_answers_in_the_new_language(client, zhang):
    answer = client.post(reverse("staff:profile"), CHOSEN, follow=True)

    zhang.refresh_from_db()
    assert {name: getattr(zhang, name) for name in CHOSEN} == CHOSEN
    assert zhang.single_keys is False
    assert answer.headers["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Moon/Base"), ("language", "xx"), ("theme", "pink")],
)
def test_the_profile_refuses_what_does_not_exist(client, zhang, field, value):
    answer = client.post(reverse("staff:profile"), {**CHOSEN, field: value})

    assert answer.status_code == 422
    zhang.refresh_from_db()
    assert zhang.theme == Theme.SYSTEM


def test_the_language_of_the_account_wins_over_the_browser(client, zhang):
    client.cookies["django_language"] = "zh-hans"

    answer = client.get(reverse("staff:profile"), headers={"accept-language": "zh-CN"})

    assert answer.headers["Content-Language"] == "en"


def test_the_language_switch_changes_the_account(client, zhang):
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/profile/"})

    zhang.refresh_from_db()
    assert zhang.language == "zh-hans"
    answer = client.get(reverse("staff:profile"))
    assert answer.headers["Content-Language"] == "zh-hans"


def test_the_language_switch_serves_strangers_too(client, db):
    client.post(reverse("set_language"), {"language": "en", "next": "/"})

    answer = client.get(reverse("account_login"))

    assert answer.headers["Content-Language"] == "en"


def test_times_are_told_in_the_zone_of_the_reader_and_of_nobody_else(client, zhang):
    zhang.time_zone = "America/New_York"
    zhang.save()

    page = client.get(reverse("staff:profile")).content.decode()

    assert 'data-time-zone="America/New_York"' in page
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"


def test_a_zone_that_no_longer_exists_does_not_break_the_page(client, zhang):
    zhang.time_zone = "Asia/Atlantis"
    zhang.save()

    assert client.get(reverse("staff:profile")).status_code == 200


def test_appearance_is_kept_and_leads_back(client, zhang):
    answer = client.post(reverse("staff:theme"), {"theme": "dark", "next": "/profile/"})

    zhang.refresh_from_db()
    assert (zhang.theme, answer.url) == (Theme.DARK, "/profile/")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""]
)
def test_no_switch_leads_to_another_site(client, zhang, target):
    for name, data in (
        ("staff:theme", {"theme": "dark"}),
        ("staff:presence", {"state": "busy"}),
    ):
        answer = client.post(reverse(name), {**data, "next": target})
        assert answer.url == reverse("staff:profile")


def test_a_part_stays_where_it_is(client, zhang):
    answer = client.post(
        reverse("staff:theme"), {"theme": "dark"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 204


@pytest.mark.parametrize("name", ["staff:theme", "staff:presence", "staff:language"])
def test_switches_take_no_visits_by_link(client, zhang, name):
    assert client.get(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["staff:profile", "staff:theme", "staff:presence"])
def test_strangers_are_sent_to_the_login(client, db, name):
    answer = client.post(reverse(name))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
