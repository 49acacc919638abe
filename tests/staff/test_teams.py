import pytest

from servicedesk.core.errors import RuleError
from servicedesk.staff import queries
from servicedesk.staff.actions import team as teams
from servicedesk.staff.models import Team

pytestmark = pytest.mark.django_db


def test_a_team_comes_with_its_group(team):
    support = team("support")

    assert support.group.name == "team:support"
    with pytest.raises(RuleError):
        team("support")


def test_members_are_in_the_group_as_long_as_they_belong(person, team):
    support, hu = team(), person("Hu Bo")

    teams.add_member(team=support, user=hu)
    teams.add_member(team=support, user=hu, lead=True)
    assert list(hu.groups.all()) == [support.group]
    assert list(support.memberships.filter(lead=True)) == [hu.memberships.get()]

    teams.remove_member(team=support, user=hu)
    assert not hu.groups.exists()
    assert not support.memberships.exists()


def test_only_a_member_leads(person, team):
    support, hu = team(), person("Hu Bo")
    with pytest.raises(RuleError):
        teams.set_lead(team=support, user=hu, lead=True)

    teams.add_member(team=support, user=hu)
    teams.set_lead(team=support, user=hu, lead=True)

    assert list(support.memberships.filter(lead=True)) == [hu.memberships.get()]
    assert list(Team.objects.led_by(hu)) == [support]


def test_the_teams_of_a_person_are_asked_once(person, team, django_assert_num_queries):
    hu = person("Hu Bo")
    one, two, closed = team("one"), team("two"), team("closed")
    for each in (one, two, closed):
        teams.add_member(team=each, user=hu)
    closed.active = False
    teams.update(team=closed)

    with django_assert_num_queries(1):
        assert queries.team_ids(hu) == {one.pk, two.pk}
        assert queries.team_ids(hu) == {one.pk, two.pk}


def test_a_team_that_was_closed_is_led_by_nobody(person, team):
    hu = person("Hu Bo")
    one, closed = team("one"), team("closed")
    for each in (one, closed):
        teams.add_member(team=each, user=hu, lead=True)
    closed.active = False
    teams.update(team=closed)

    assert queries.led_team_ids(hu) == {one.pk}


def test_colleagues_share_a_team(person, team):
    one, two = team("one"), team("two")
    hu, song, pan = person("Hu Bo"), person("Song Yi"), person("Pan An")
    left = person("Cai Qi", is_active=False)
    for user, where in ((hu, one), (song, one), (left, one), (pan, two)):
        teams.add_member(team=where, user=user)

    assert list(queries.colleagues(hu)) == [hu, song]
