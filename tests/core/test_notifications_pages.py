import json

import pytest
from django.urls import reverse

from servicedesk.core.models import Notification, NotificationChoice, QuietHours, Way
from servicedesk.core.notifications import registry
from tests.core.test_notifications import KIND, anna, ben, choose, kinds, row_of, tell
from tests.desk import desk
from tests.factories import HOUR, NOW

__all__ = ["anna", "ben", "desk", "kinds"]
LIST = reverse("notifications:list")
BELL = reverse("notifications:bell")
PREFERENCES = reverse("notifications:preferences")


@pytest.fixture
def annas(client, anna):
    """Anna's browser."""
    client.force_login(anna)
    return client


def test_an_empty_list_says_what_would_be_there(annas):
    assert "No notifications" in annas.get(LIST).content.decode()


def test_unread_first_then_read_each_on_one_click(annas, anna):
    tell(anna, ref="SD-1")
    tell(anna, ref="SD-2", now=NOW + HOUR)
    first = Notification.objects.get(ref="SD-1")
    page = annas.get(LIST).content.decode()
    assert "Thing SD-1 waits." in page
    assert 'class="rail__count" aria-hidden="true">2<' in page

    gone = annas.get(reverse("notifications:open", args=[first.pk]))

    assert gone.url == "/things/SD-1/"
    page = annas.get(LIST).content.decode()
    assert page.index("Thing SD-2") < page.index("Thing SD-1")
    annas.post(reverse("notifications:read-all"))
    assert not Notification.objects.filter(read_at__isnull=True).exists()


def test_one_is_marked_read_without_going_there(annas, anna):
    tell(anna)
    annas.post(reverse("notifications:read", args=[row_of(anna).pk]))
    assert row_of(anna).read_at is not None


def test_other_peoples_are_not_there(annas, ben):
    tell(ben)
    row = row_of(ben)
    assert annas.get(reverse("notifications:open", args=[row.pk])).status_code == 404
    assert annas.post(reverse("notifications:read", args=[row.pk])).status_code == 404
    assert "Thing" not in annas.get(LIST).content.decode()
    assert "HX-Trigger" not in annas.get(BELL, {"new": row.pk}).headers
    assert row_of(ben).read_at is None


def test_nobody_else_sees_a_list(client, desk):
    for address in (LIST, BELL, PREFERENCES):
        assert client.get(address).status_code == 302


def test_the_bell_counts_to_nine_and_says_what_is_new(annas, anna):
    for number in range(11):
        tell(anna, ref=f"SD-{number}")
    newest = Notification.objects.order_by("-pk").first()
    answer = annas.get(BELL, {"new": newest.pk})
    assert "9+" in answer.content.decode()
    told = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert told == {"text": f"Thing {newest.ref} waits.", "level": "info"}
    assert annas.get(BELL, {"new": "nonsense"}).status_code == 200


def test_read_ones_go_on_page_by_page(annas, anna):
    for number in range(31):
        tell(anna, ref=f"SD-{number:03}")
    annas.post(reverse("notifications:read-all"))
    first = annas.get(LIST)
    assert "SD-000" not in first.content.decode()
    older = annas.get(first.context["next_url"]).content.decode()
    assert "SD-000" in older


def filled(**changed):
    """Return the form as a browser posts it."""
    ways = {"tests-waits": "mail", "tests-urgent": "mail", "tests-page": "page"}
    return ways | {"begin": "22:00", "end": "08:00"} | changed


def test_what_is_chosen_is_kept_and_shown_again(annas, anna):
    page = annas.get(PREFERENCES).content.decode()
    assert "Something waits" in page
    assert 'value="22:00"' in page

    asked = {"tests-waits": "none", "begin": "20:00", "weekends": "on"}
    annas.post(PREFERENCES, filled(**asked))

    choice = NotificationChoice.objects.get(user=anna)
    assert (choice.kind, choice.way) == (KIND, Way.NONE)
    quiet = QuietHours.objects.get(user=anna)
    assert (quiet.begin.hour, quiet.weekends, quiet.urgent_passes) == (20, True, False)
    assert 'value="20:00"' in annas.get(PREFERENCES).content.decode()
    annas.post(PREFERENCES, filled())
    assert not NotificationChoice.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"tests-urgent": "none"}, {"tests-waits": "loud"}, {"begin": "soon"}]
)
def test_what_cannot_be_chosen_is_refused(annas, anna, wrong):
    assert annas.post(PREFERENCES, filled(**wrong)).status_code == 422
    assert not NotificationChoice.objects.exists()


def test_kinds_of_others_are_not_offered(annas, anna):
    kind = registry._kinds[KIND]
    registry._kinds[KIND] = type(kind)(
        **(kind.__dict__ | {"permission": "staff.add_user", "title": "Not hers"})
    )
    assert "Not hers" not in annas.get(PREFERENCES).content.decode()


def test_the_number_at_the_bell_costs_no_query(
    annas, anna, django_assert_max_num_queries
):
    choose(anna, Way.PAGE)
    annas.get(LIST)
    with django_assert_max_num_queries(10):
        annas.get(LIST)
