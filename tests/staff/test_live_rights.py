import pytest
from django.apps import apps
from django.urls import reverse

from servicedesk.core.errors import RuleError
from servicedesk.core.live.channels import readable_channels
from servicedesk.core.models import LiveEvent
from servicedesk.staff import queries
from servicedesk.staff.actions import roles
from servicedesk.staff.actions import team as teams
from servicedesk.staff.models import Role, User
from servicedesk.staff.roles import grant
from tickets.models import Category, TicketKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def hu(person):
    grant(apps, {"agent": ["tickets.view_ticket"]})
    return person("Hu Bo", "agent")


def streams_ended(user):
    told = LiveEvent.objects.filter(channel=f"user:{user.pk}", kind="signed_out")
    return told.filter(ref="*").count()


def test_people_listen_to_their_own_teams_only(hu, team):
    one, two = team("one"), team("two")
    teams.add_member(team=one, user=hu)

    heard = readable_channels(hu, [f"team:{one.pk}", f"team:{two.pk}", "user:999"])

    assert heard == sorted([f"team:{one.pk}", f"user:{hu.pk}"])
    assert queries.channels_of(hu) == [f"user:{hu.pk}", f"team:{one.pk}"]


def test_a_trainer_in_the_team_hears_nothing_of_its_tickets(person, team, client):
    trainer, support = person("Qiu Shi", "trainer"), team()
    teams.add_member(team=support, user=trainer)
    client.force_login(trainer)

    page = client.get(reverse("staff:profile"))

    assert readable_channels(trainer, [f"team:{support.pk}"]) == [f"user:{trainer.pk}"]
    assert queries.channels_of(trainer) == [f"user:{trainer.pk}"]
    assert f"team:{support.pk}" not in page.content.decode()


def test_losing_a_role_ends_the_streams(hu):
    agent = Role.objects.get(key="agent").group
    roles.set_roles(user=hu, groups=[agent])
    assert streams_ended(hu) == 0

    roles.set_roles(user=hu, groups=[])

    assert streams_ended(hu) == 1
    assert not hu.groups.exists()


def test_leaving_a_team_or_its_end_ends_the_streams(hu, team):
    one, two = team("one"), team("two")
    for each in (one, two):
        teams.add_member(team=each, user=hu)

    teams.remove_member(team=one, user=hu)
    assert streams_ended(hu) == 1
    two.active = False
    teams.update(team=two)

    assert streams_ended(hu) == 2
    again = User.objects.get(pk=hu.pk)
    assert readable_channels(again, [f"team:{two.pk}"]) == [f"user:{hu.pk}"]


def test_a_role_that_may_less_ends_the_streams(client, person, hu):
    group = Role.objects.get(key="agent").group
    client.force_login(person("Bai Lu", "administrator"))

    answer = client.post(
        reverse("admin:auth_group_change", args=[group.pk]),
        {"name": group.name, "permissions": []},
    )

    assert answer.status_code == 302
    assert streams_ended(hu) == 1


def test_a_team_that_categories_lead_to_does_not_close(client, person, team):
    support = team()
    category = Category.objects.create(
        slug="router",
        name_zh="路由器",
        name_en="Router",
        team=support,
        kind=TicketKind.INQUIRY,
    )
    client.force_login(person("Bai Lu", "administrator"))
    typed = {
        "slug": support.slug,
        "name_zh": support.name_zh,
        "name_en": support.name_en,
        "function": support.function,
        "calendar": support.calendar_id,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    where = reverse("admin:staff_team_change", args=[support.pk])

    refused = client.post(where, typed)

    assert "Categories still lead to this team" in refused.content.decode()
    support.active = False
    with pytest.raises(RuleError):
        teams.update(team=support)
    category.active = False
    category.save()
    assert client.post(where, typed).status_code == 302
    support.refresh_from_db()
    assert not support.active
