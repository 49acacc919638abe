"""Who sees which ticket."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import remove_member
from servicedesk.staff.models import Role
from tests.desk import fresh
from tests.factories import NOW, TicketFactory, UserFactory, team_of
from tickets.models import (
    Ticket,
    TicketGroupObjectPermission,
    TicketUserObjectPermission,
)


def seen_by(user):
    return set(Ticket.objects.visible_to(user))


def view():
    return Permission.objects.get(
        codename="view_ticket", content_type__app_label="tickets"
    )


def test_a_member_sees_the_tickets_of_the_team(ticket, wang):
    TicketFactory(category="technical")
    assert seen_by(fresh(wang)) == {ticket}


def test_who_is_in_two_teams_sees_both_and_each_ticket_once(ticket, wang):
    from servicedesk.staff.actions.team import add_member  # noqa: PLC0415

    add_member(team=team_of("technical"), user=wang)
    other = TicketFactory(category="technical")
    found = list(Ticket.objects.visible_to(fresh(wang)))
    assert len(found) == 2
    assert set(found) == {ticket, other}


def test_a_stranger_sees_nothing(ticket, chen):
    assert seen_by(fresh(chen)) == set()
    assert seen_by(UserFactory(display_name="New Colleague")) == set()


@pytest.mark.parametrize("role", ["management", "administrator", "trainer", None])
def test_a_member_whose_role_may_not_read_tickets_sees_nothing(ticket, role):
    user = UserFactory(display_name="Gao Lin", role=role, team="call-centre")
    assert seen_by(fresh(user)) == set()


def test_whoever_has_left_sees_nothing(ticket, wang):
    wang.is_active = False
    wang.save()
    assert seen_by(fresh(wang)) == set()


def test_whoever_has_changed_teams_sees_nothing_of_the_old_one(ticket, wang):
    remove_member(team=team_of("call-centre"), user=wang)
    assert seen_by(fresh(wang)) == set()


def test_nobody_who_is_not_logged_in_sees_anything(ticket):
    assert seen_by(AnonymousUser()) == set()


def test_being_the_assignee_of_another_teams_ticket_is_not_enough(ticket, chen):
    Ticket.objects.update(assignee=chen)
    assert seen_by(fresh(chen)) == set()


def test_a_grant_to_a_person_opens_one_ticket(ticket, chen, sun):
    TicketFactory()
    TicketUserObjectPermission.objects.create(
        user=chen, content_object=ticket, permission=view()
    )
    assert seen_by(fresh(chen)) == {ticket}
    assert seen_by(fresh(sun)) == set()


def test_a_grant_to_a_team_opens_one_ticket_to_its_members(ticket, chen, sun):
    TicketFactory()
    TicketGroupObjectPermission.objects.create(
        group=team_of("technical").group, content_object=ticket, permission=view()
    )
    assert seen_by(fresh(chen)) == seen_by(fresh(sun)) == {ticket}
    assert seen_by(UserFactory(team="logistics")) == set()


def test_a_grant_does_not_replace_the_role(ticket, chen):
    TicketUserObjectPermission.objects.create(
        user=chen, content_object=ticket, permission=view()
    )
    set_roles(user=chen, groups=[Role.objects.get(key="trainer").group])
    assert seen_by(fresh(chen)) == set()


def test_a_grant_of_something_else_shows_nothing(ticket, chen):
    other = Permission.objects.get(codename="reply_ticket")
    TicketUserObjectPermission.objects.create(
        user=chen, content_object=ticket, permission=other
    )
    assert seen_by(fresh(chen)) == set()


def test_seeing_costs_the_same_however_much_there_is(
    ticket, wang, django_assert_num_queries, django_assert_max_num_queries
):
    def look():
        user = fresh(wang)
        return list(Ticket.objects.visible_to(user))

    with django_assert_max_num_queries(5) as few:
        look()
    for number in range(5):
        made = TicketFactory(category="technical", subject=str(number))
        TicketUserObjectPermission.objects.create(
            user=wang, content_object=made, permission=view()
        )
    with django_assert_num_queries(len(few)):
        assert len(look()) == 6


def test_the_narrowing_is_inside_the_one_query(ticket, wang, django_assert_num_queries):
    user = fresh(wang)
    assert seen_by(user) == {ticket}
    with django_assert_num_queries(1):
        assert Ticket.objects.visible_to(user).filter(created_at=NOW).count() == 1
