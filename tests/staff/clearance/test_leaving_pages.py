"""The pages about leaving: who may open them, and what they ask."""

import pytest
from django.utils import timezone

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import (
    Departure,
    DepartureState,
)
from tests.desk import fresh
from tests.factories import DAY, UserFactory, team_of
from tests.staff.clearance.ways import go, member, taken, work
from tickets.models import (
    Ticket,
)

pytestmark = pytest.mark.django_db


def test_the_page_shows_asks_twice_and_does(yu, wang, chen, zhao, client):
    now = timezone.now()
    taken(yu, now)
    taken(yu, now, "technical")
    client.force_login(zhao)
    page = f"/leaving/{yu.pk}/"
    told = client.get(page).content.decode()
    assert "Open work" in told
    fields = {
        f"team-{team_of(slug).pk}": heir.pk
        for slug, heir in (("call-centre", wang), ("technical", chen))
    }
    one = dict([next(iter(fields.items()))])

    assert client.post(page, one).status_code == 422
    asked = client.post(page, fields)
    assert asked.status_code == 200
    assert "Is this what you mean?" in asked.content.decode()
    assert fresh(yu).is_active
    done = client.post(page, fields | {"sure": "yes"})

    assert done.status_code == 302
    assert not fresh(yu).is_active
    work()
    shown = client.get(page).content.decode()
    assert "Who took over how much" in shown
    assert "Still in their hands" not in shown
    assert "Yu Hong" in client.get("/leaving/").content.decode()


def test_one_for_all_takes_over_where_they_can(yu, wang, chen, zhao, client):
    now = timezone.now()
    taken(yu, now)
    taken(yu, now, "technical")
    member("technical", wang)
    client.force_login(zhao)

    client.post(f"/leaving/{yu.pk}/", {"everywhere": wang.pk, "sure": "yes"})
    work()

    assert set(Ticket.objects.values_list("assignee", flat=True)) == {wang.pk}


def test_a_day_is_planned_and_called_off_in_the_page(yu, zhao, client):
    client.force_login(zhao)
    page = f"/leaving/{yu.pk}/"
    yesterday = timezone.localdate() - DAY
    assert client.post(page, {"leaves_on": str(yesterday)}).status_code == 422
    tomorrow = {"leaves_on": str(timezone.localdate() + DAY), "sure": "yes"}
    assert client.post(page, tomorrow).status_code == 302
    assert "Planned" in client.get(page).content.decode()
    assert fresh(yu).is_active

    assert client.post(f"{page}call-off/").status_code == 302

    assert Departure.objects.get().state == DepartureState.CANCELLED
    assert "Who takes over" in client.get(page).content.decode()


def test_who_may_let_whom_go(yu, wang, zhao, sun, client):
    root = UserFactory(role="administrator")
    boss = UserFactory(role=None, is_superuser=True, is_staff=True)
    for by, whom, status in (
        (zhao, yu, 200), (zhao, wang, 200), (zhao, zhao, 404), (zhao, sun, 404),
        (sun, yu, 200), (sun, wang, 404), (wang, yu, 404), (yu, yu, 404),
        (root, yu, 200), (root, zhao, 200), (root, boss, 404), (root, root, 404),
        (boss, root, 200),
    ):  # fmt: skip
        client.force_login(by)
        answer = client.get(f"/leaving/{whom.pk}/")
        assert answer.status_code == status, (by, whom)
        assert client.post(f"/leaving/{whom.pk}/").status_code in {status, 200, 422}
        assert client.get("/leaving/999999/").status_code == 404
        if status == 404:
            assert client.post(f"/leaving/{whom.pk}/call-off/").status_code == 404
            with pytest.raises(RuleError, match="not yours to let go"):
                go(whom, by)
    client.force_login(wang)
    assert client.get("/leaving/").status_code == 404


def test_closing_an_account_by_hand_tells_what_is_left(yu, zhao, client):
    taken(yu, timezone.now())
    root = UserFactory(role="administrator")
    client.force_login(root)
    address = f"/admin/staff/user/{yu.pk}/change/"
    page = client.get(address)
    form = page.context["adminform"].form
    typed = {
        name: value
        for name, value in form.initial.items()
        if value not in (None, False)
    }
    typed |= {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    typed |= {"presence-TOTAL_FORMS": 0, "presence-INITIAL_FORMS": 0}
    typed["roles"] = [group.pk for group in form.initial["roles"]]
    typed.pop("is_active")

    answer = client.post(address, typed, follow=True)

    told = answer.content.decode()
    assert not fresh(yu).is_active
    assert f"/leaving/{yu.pk}/" in told
    assert "still holds open work" in told
