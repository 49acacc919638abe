"""Where one is signed in, said in words."""

import pytest
from django.urls import reverse

from servicedesk.staff.views.sessions import device_named
from tests.staff.conftest import PASSWORD

EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (EDGE, "Edge · Windows"),
        (IPHONE, "Safari · iPhone"),
        ("curl/8.9.1", "curl/8.9.1"),
        ("", ""),
    ],
)
def test_a_device_is_named_by_browser_and_system(agent, words):
    assert device_named(agent) == words


@pytest.mark.django_db
def test_the_page_names_the_device_that_asks(client, person):
    niu = person("Niu Li")
    edge = {"user-agent": EDGE}
    form = {"login": niu.username, "password": PASSWORD}
    client.post(reverse("account_login"), form, headers=edge)
    page = client.get(reverse("usersessions_list"), headers=edge)
    words = page.content.decode()
    assert "Edge · Windows" in words
    assert "Mozilla" not in words
