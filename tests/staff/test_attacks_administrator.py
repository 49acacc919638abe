"""What one administrator alone could try to read customers with, by the pages themselves.

Each test is one way. None of them leads to a customer without a second person.
"""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from servicedesk.core.models import Notification
from servicedesk.staff.actions.access import give_roles
from servicedesk.staff.actions.passwords import note_given, note_own
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import AccessProposal, Membership, Role, User
from tests.factories import CustomerFactory, clear
from tests.staff.conftest import PASSWORD
from tests.staff.test_admin import account, change, rows, saved

pytestmark = pytest.mark.django_db
CUSTOMERS = "customers.view_customer"
PASSWORDS = {"password1": "another-horse-battery", "password2": "another-horse-battery"}


@pytest.fixture
def bai(client, person):
    """Log in the administrator who tries."""
    user = person("Bai Lu", "administrator")
    client.force_login(user)
    return user


@pytest.fixture
def officer(person):
    return person("Dai Po", "data_protection_officer")


@pytest.fixture
def agent(person, team):
    """Make somebody who sees the customers of a team, with a second factor."""
    user = person("Shen Yi", "agent")
    add_member(team=team("service"), user=user)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    return user


def group_of(key):
    return Role.objects.get(key=key).group


def again(user):
    return User.objects.get(pk=user.pk)


def sees_customers(user):
    return again(user).has_perm(CUSTOMERS)


def made_by(client, name="puppet"):
    """Make an account by the page; it chooses a password, and has all clearance."""
    words = {"username": name, "display_name": name, "email": f"{name}@example.com"}
    given = {"password1": PASSWORD, "password2": PASSWORD}
    saved(client.post(reverse("admin:staff_user_add"), words | given))
    return clear(note_own(user=User.objects.get(username=name)))


def ask_role(client, user, key, why="New in the team"):
    roles = [group_of(key).pk]
    return client.post(change(user), account(again(user), roles=roles, why=why))


def waits(**about):
    return AccessProposal.objects.filter(state="waiting", **about).get()


def told_by_letter(user):
    told = Notification.objects.get(user=user, kind="staff.access_to_mine")
    return told.mail_state == "due"


def confirm(user, proposal, client=None):
    browser = client or Client()
    if client is None:
        browser.force_login(user)
    return browser.post(reverse("staff:power-confirm", args=[proposal.pk]), follow=True)


def test_a_second_account_gets_no_role_that_sees_customers(client, bai, officer):
    puppet = made_by(client)

    answer = client.post(
        change(puppet),
        account(puppet, roles=[group_of("supervisor").pk], why="Helps out"),
        follow=True,
    )

    page = answer.content.decode()
    assert "waits for confirmation by Dai Po" in page
    assert not puppet.groups.exists()
    assert not sees_customers(puppet)
    assert waits(user=puppet).why == "Helps out"


def test_nothing_is_asked_for_without_a_reason(client, bai, officer):
    puppet = made_by(client)
    answer = ask_role(client, puppet, "agent", why=" ")
    assert "This waits for a second person: say why." in answer.content.decode()
    assert not AccessProposal.objects.exists()


def test_who_asked_does_not_confirm(client, bai, officer):
    puppet = made_by(client)
    ask_role(client, puppet, "agent")
    page = confirm(bai, waits(user=puppet), client).content.decode()
    assert "You asked for it: another person confirms it." in page
    assert not sees_customers(puppet)


def test_the_account_itself_does_not_confirm(client, bai, person):
    zhao = person("Zhao Lei", "administrator")
    both = [group_of("administrator").pk, group_of("agent").pk]
    client.post(change(zhao), account(zhao, roles=both, why="Helps out"))
    proposal = waits(user=zhao)
    page = confirm(zhao, proposal).content.decode()
    assert "It is for you: another person confirms it." in page
    assert not sees_customers(zhao)


def test_a_second_account_does_not_become_one_that_confirms(client, bai, officer):
    for key in ("administrator", "data_protection_officer"):
        puppet = made_by(client, f"puppet.{key}".replace("_", "."))
        ask_role(client, puppet, key)
        assert not again(puppet).is_staff
        assert not again(puppet).has_perm("staff.confirm_access")


def test_an_account_that_the_administrator_made_is_no_second_person(
    client, bai, officer, person
):
    """Somebody was talked into letting the second account confirm; it confirms nothing."""
    puppet, third = made_by(client), made_by(client, "third")
    ask_role(client, puppet, "data_protection_officer")
    confirm(officer, waits(user=puppet))
    assert again(puppet).has_perm("staff.confirm_access")
    ask_role(client, third, "agent")

    page = confirm(puppet, waits(user=third)).content.decode()

    assert "come from one hand" in page
    assert not third.groups.exists()


def test_nor_does_it_become_one_by_a_password_of_its_own(client, bai, person):
    puppet, third = person("Puppet", "administrator"), person("Third")
    note_own(user=note_given(user=puppet, now=timezone.now(), by=bai))
    browser = Client()
    browser.force_login(puppet)
    browser.post(
        reverse("admin:auth_user_password_change", args=[puppet.pk]), PASSWORDS
    )
    assert again(puppet).check_password(PASSWORDS["password1"])
    ask_role(client, third, "agent")

    page = confirm(again(puppet), waits(user=third)).content.decode()

    assert "come from one hand" in page
    assert not third.groups.exists()


def test_nor_is_one_whose_password_came_from_the_same_hand(
    client, bai, officer, person
):
    """Two accounts of one maker: neither is the second person of the other."""
    one, two = person("One", "administrator"), person("Two", "administrator")
    for each in (one, two):
        note_own(user=note_given(user=each, now=timezone.now(), by=bai))
    puppet = person("Puppet")
    give_roles(
        user=puppet, groups=[group_of("agent")], by=one, why="x", now=timezone.now()
    )

    for each in (bai, two):
        page = confirm(each, waits(user=puppet)).content.decode()
        assert "come from one hand" in page
    assert not sees_customers(puppet)

    confirm(officer, waits(user=puppet))
    assert sees_customers(puppet)


def test_nothing_is_confirmed_while_the_maker_knows_the_password(client, bai, officer):
    niu = made_by(client, "niu")
    note_given(user=niu, now=timezone.now(), by=bai)
    ask_role(client, niu, "agent")

    page = confirm(officer, waits(user=niu)).content.decode()

    assert "has not chosen a password yet" in page
    assert not niu.groups.exists()
    note_own(user=again(niu))
    confirm(officer, waits(user=niu))
    assert niu.groups.filter(role__key="agent").exists()


def test_the_password_of_somebody_who_sees_customers_is_not_set(
    client, bai, officer, agent
):
    page = reverse("admin:auth_user_password_change", args=[agent.pk])

    answer = client.post(page, PASSWORDS)

    asked = reverse("staff:power-ask", args=[agent.pk, "password"])
    assert answer.url == asked
    assert again(agent).check_password(PASSWORD)
    client.post(asked, {"why": "Forgot it"})
    assert again(agent).check_password(PASSWORD)
    assert told_by_letter(agent)


def test_whoever_asked_for_a_password_never_reads_it(client, bai, officer, agent):
    client.post(
        reverse("staff:power-ask", args=[agent.pk, "password"]), {"why": "Forgot it"}
    )

    page = confirm(officer, waits(user=agent))

    made = page.context["password"]
    assert made in page.content.decode()
    agent = again(agent)
    assert agent.check_password(made)
    assert agent.password_given_by == officer
    assert made not in client.get(reverse("staff:powers")).content.decode()


def test_the_second_factor_of_somebody_who_sees_customers_stays(
    client, bai, officer, agent
):
    answer = client.post(
        reverse("admin:staff_user_changelist"),
        {"action": "let_back_in", "_selected_action": [agent.pk]},
        follow=True,
    )

    assert "ask a second person" in answer.content.decode()
    asked = reverse("staff:power-ask", args=[agent.pk, "factor"])
    client.post(asked, {"why": "Lost the phone"})
    assert Authenticator.objects.filter(user=agent).exists()
    confirm(officer, waits(user=agent))
    assert not Authenticator.objects.filter(user=agent).exists()


def test_the_address_to_which_a_reset_would_go_stays(client, bai, officer, agent):
    mine = {"email": "mine@example.com", "why": "Married"}
    kept = {"id": agent.memberships.get().pk, "user": agent.pk}
    kept["team"] = agent.memberships.get().team_id
    inline = rows("memberships", kept, initial=1)
    roles = [group_of("agent").pk]

    saved(client.post(change(agent), account(agent, roles=roles, **inline, **mine)))

    assert again(agent).email == "shen.yi@example.com"
    assert told_by_letter(agent)
    confirm(officer, waits(user=agent))
    assert again(agent).email == "mine@example.com"


def test_a_closed_account_that_saw_customers_is_not_opened(client, bai, officer, agent):
    User.objects.filter(pk=agent.pk).update(is_active=False)
    kept = {"id": agent.memberships.get().pk, "user": agent.pk}
    kept["team"] = agent.memberships.get().team_id
    inline = rows("memberships", kept, initial=1)
    roles = [group_of("agent").pk]

    saved(client.post(change(agent), account(agent, roles=roles, why="Back", **inline)))

    assert not again(agent).is_active
    confirm(officer, waits(user=agent))
    assert again(agent).is_active


def test_a_role_is_not_widened_to_see_customers(client, bai, officer, person):
    puppet = person("Puppet", "trainer")
    group = group_of("trainer")
    page = reverse("admin:auth_group_change", args=[group.pk])
    view = Permission.objects.get(
        codename="view_customer", content_type__app_label="customers"
    )
    held = set(group.permissions.values_list("pk", flat=True))
    wanted = {"name": group.name, "permissions": [*held, view.pk]}

    refused = client.post(page, wanted)
    assert "say why" in refused.content.decode()
    saved(client.post(page, {**wanted, "why": "They train with real ones"}))

    assert set(group.permissions.values_list("pk", flat=True)) == held
    assert not sees_customers(puppet)
    shown = Client()
    shown.force_login(officer)
    assert "Puppet" in shown.get(reverse("staff:powers")).content.decode()
    confirm(officer, waits(group=group))
    assert sees_customers(puppet)


def test_nor_is_a_new_role_made_that_does(client, bai, officer, person):
    view = Permission.objects.get(
        codename="view_customer", content_type__app_label="customers"
    )
    confirms = Permission.objects.get(codename="confirm_access")
    data = {"name": "Mine", "permissions": [view.pk, confirms.pk], "why": "Useful"}

    saved(client.post(reverse("admin:auth_group_add"), data))

    mine = Group.objects.get(name="Mine")
    assert not mine.permissions.exists()
    # Who joins while it waits would be seen by nobody: that waits as well.
    puppet = person("Puppet")
    client.post(change(puppet), account(puppet, roles=[mine.pk], why="x"))
    assert not puppet.groups.exists()


def test_nobody_who_sees_customers_is_put_into_a_further_team(
    client, bai, officer, agent, team
):
    other = team("other")
    row = {"user": agent.pk, "team": other.pk}
    page = reverse("admin:staff_team_change", args=[other.pk])
    data = {
        "slug": other.slug,
        "name_zh": other.name_zh,
        "name_en": other.name_en,
        "function": other.function,
        "calendar": other.calendar_id,
        "active": "on",
        **rows("memberships", row),
    }

    assert "say why" in client.post(page, data).content.decode()
    saved(client.post(page, {**data, "why": "Busy there"}))

    assert not Membership.objects.filter(team=other).exists()
    assert not agent.groups.filter(pk=other.group_id).exists()
    confirm(officer, waits(team=other))
    assert Membership.objects.filter(team=other, user=agent).exists()
    assert agent.groups.filter(pk=other.group_id).exists()


def test_permissions_on_single_objects_are_on_no_page_of_the_administration(
    client, bai, agent
):
    customer = CustomerFactory()
    about = Permission.objects.get(
        codename="view_customer", content_type__app_label="customers"
    )
    forged = {"user_permissions": [about.pk], "groups": [group_of("agent").pk]}
    puppet = made_by(client)

    client.post(change(puppet), account(puppet, **forged))
    found = client.get(f"/admin/customers/customer/{customer.pk}/permissions/")

    assert found.status_code == 404
    assert not puppet.user_permissions.exists()
    assert not puppet.groups.exists()


def test_what_nobody_confirms_lapses(client, bai, officer, person):
    puppet = made_by(client)
    ask_role(client, puppet, "agent")
    proposal = waits(user=puppet)
    late = timezone.now() - dt.timedelta(days=7, minutes=1)
    AccessProposal.objects.filter(pk=proposal.pk).update(at=late)

    page = confirm(officer, proposal).content.decode()

    assert "This change waits no longer." in page
    assert not puppet.groups.exists()
