"""The page of what waits for a second person: who reads it, what it says, what it asks."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.core.models import Notification
from servicedesk.core.tasks import send_notifications
from servicedesk.staff.actions.access import (
    ask_for_account,
    give_permissions,
    give_roles,
)
from servicedesk.staff.actions.leaving import plan_leaving
from servicedesk.staff.actions.passwords import note_given, note_own
from servicedesk.staff.models import AccessKind, AccessProposal, Role
from servicedesk.staff.queries.security_access import look_at_access
from servicedesk.staff.tasks import sweep_access
from tests.factories import CustomerFactory
from tests.staff.test_admin import account, change, saved
from tests.staff.test_attacks_administrator import confirm, sees_customers, waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def bai(person):
    return person("Bai Lu", "administrator")


@pytest.fixture
def officer(person):
    return person("Dai Po", "data_protection_officer")


def group_of(key):
    return Role.objects.get(key=key).group


def ask(user, by, key="agent", why="New in the team"):
    moment = timezone.now()
    return give_roles(user=user, groups=[group_of(key)], by=by, why=why, now=moment)[0]


def page(client, user):
    client.force_login(user)
    return client.get(reverse("staff:powers"))


def test_only_those_who_confirm_have_the_page(client, bai, officer, person):
    assert client.get(reverse("staff:powers")).status_code == 302
    assert page(client, person("Shen Yi", "supervisor")).status_code == 404
    proposal = ask(person("Niu Li"), bai)
    drop = reverse("staff:power-drop", args=[proposal.pk])
    assert client.post(drop, {"note": "no"}).status_code == 404
    assert page(client, officer).status_code == 200
    assert AccessProposal.objects.get().state == "waiting"


def test_it_says_who_asks_for_whom_why_and_who_may_confirm(
    client, bai, officer, person
):
    niu = note_given(user=person("Niu Li"), now=timezone.now(), by=bai)
    ask(niu, bai)
    words = page(client, officer).content.decode()
    for said in ("Niu Li · A role · Agent", "New in the team", "niu.li@example.com"):
        assert said in words
    assert "Waits for confirmation by: Dai Po" in words
    assert "Password handed over by" in words
    asker = page(client, bai).content.decode()
    assert "Withdraw" in asker
    assert "confirm/" not in asker


def test_the_confirmed_role_holds_and_the_asker_hears_of_it(
    client, bai, officer, person
):
    niu = person("Niu Li")
    proposal = ask(niu, bai)
    told = Notification.objects.filter(kind="staff.access_asked")
    assert [each.user for each in told] == [officer]

    confirm(officer, proposal, logged_in(client, officer))

    assert sees_customers(niu)
    done = AccessProposal.objects.get()
    assert (done.state, done.decided_by) == ("in_force", officer)
    assert Notification.objects.get(kind="staff.access_decided").user == bai
    assert "In force" in page(client, bai).content.decode()


def logged_in(client, user):
    client.force_login(user)
    return client


def test_declining_takes_a_reason_that_is_kept(client, bai, officer, person):
    proposal = ask(person("Niu Li"), bai)
    drop = reverse("staff:power-drop", args=[proposal.pk])
    logged_in(client, officer).post(drop, {"note": " "})
    assert waits() == proposal
    client.post(drop, {"note": "Nobody knows them"})
    assert AccessProposal.objects.get().note == "Nobody knows them"
    assert "Declined" in page(client, bai).content.decode()
    assert "Nobody knows them" in page(client, bai).content.decode()


def test_who_asked_withdraws_without_a_reason(client, bai, officer, person):
    proposal = ask(person("Niu Li"), bai)
    logged_in(client, bai).post(reverse("staff:power-drop", args=[proposal.pk]))
    assert "Withdrawn" in page(client, officer).content.decode()


def test_what_nobody_confirmed_is_swept_after_seven_days(bai, officer, person):
    proposal = ask(person("Niu Li"), bai)
    assert sweep_access.apply().get() == 0
    late = timezone.now() - dt.timedelta(days=7, minutes=1)
    AccessProposal.objects.filter(pk=proposal.pk).update(at=late)
    assert sweep_access.apply().get() == 1
    assert AccessProposal.objects.get().state == "lapsed"
    assert Notification.objects.get(kind="staff.access_decided").user == bai


def test_three_lines_take_as_many_queries_as_one(client, bai, officer, person):
    view = Permission.objects.filter(content_type__app_label="customers")

    def widen(key, number):
        group = group_of(key)
        held = [*group.permissions.all(), view[number]]
        give_permissions(
            group=group, permissions=held, by=bai, why="x", now=timezone.now()
        )

    def count():
        with CaptureQueriesContext(connection) as found:
            assert page(client, officer).status_code == 200
        return len(found)

    ask(person("A One"), bai)
    widen("trainer", 0)
    page(client, officer)
    one = count()
    for name in ("B Two", "C Three"):
        ask(note_given(user=person(name), now=timezone.now(), by=bai), bai)
    widen("knowledge_editor", 1)
    assert count() <= one


def test_asking_again_replaces_and_the_last_one_counts(bai, officer, person):
    niu, zhao = person("Niu Li"), person("Zhao Lei", "administrator")
    first, second = ask(niu, bai), ask(niu, zhao, why="Once more")
    first.refresh_from_db()
    assert (first.state, second.state) == ("dropped", "waiting")
    assert "You asked for it" in confirm(zhao, second).content.decode()
    confirm(bai, second)
    assert sees_customers(niu)


def test_the_person_reads_in_a_letter_that_their_account_is_asked_for(
    bai, officer, person
):
    shen = person("Shen Yi", "agent")
    ask_for_account(
        user=shen, kind=AccessKind.FACTOR, by=bai, why="Lost it", now=timezone.now()
    )
    send_notifications.apply()
    (letter,) = [each for each in mail.outbox if each.to == ["shen.yi@example.com"]]
    assert "Removal of the second factor" in letter.body
    assert "tell your data protection officer" in letter.body


def test_a_superuser_waits_for_nobody(client, person):
    root = person("Root", is_superuser=True, is_staff=True)
    niu = person("Niu Li")
    client.force_login(root)
    roles = [group_of("administrator").pk, group_of("agent").pk]
    saved(client.post(change(niu), account(niu, roles=roles)))
    assert sees_customers(niu)
    assert not AccessProposal.objects.exists()


def test_on_a_fresh_desk_the_superuser_is_the_second_person(client, bai, person):
    root = person("Root", is_superuser=True, is_staff=True)
    niu = person("Niu Li")
    proposal = ask(niu, bai)
    assert "by: Root" in page(client, bai).content.decode()
    confirm(root, proposal)
    assert sees_customers(niu)


def test_where_nobody_may_confirm_the_page_says_so(client, bai, person):
    ask(person("Niu Li"), bai)
    assert "Nobody here may confirm this." in page(client, bai).content.decode()


def test_what_is_taken_away_goes_at_once(client, bai, officer, person):
    shen = person("Shen Yi", "agent")
    CustomerFactory()
    client.force_login(bai)
    saved(client.post(change(shen), account(shen)))
    assert not sees_customers(shen)
    assert not AccessProposal.objects.exists()


def test_who_leaves_gets_nothing_any_more(bai, officer, person):
    niu = person("Niu Li")
    ask(niu, bai)
    plan_leaving(
        user=niu,
        successors={},
        leaves_at=timezone.now(),
        by=officer_of(person),
        now=timezone.now(),
    )
    assert not AccessProposal.objects.filter(state="waiting").exists()


def officer_of(person):
    """Make another administrator, who lets people go."""
    return person("Zhao Lei", "administrator")


def test_the_checks_name_administrators_without_a_second_person(bai, person):
    def found():
        return {
            each.code: list(each.subjects) for each in look_at_access(timezone.now())
        }

    assert found() == {"alone": [bai.pk]}
    zhao = note_given(
        user=person("Zhao Lei", "administrator"), now=timezone.now(), by=bai
    )
    note_own(user=zhao)
    assert found() == {"alone": sorted([bai.pk, zhao.pk])}
    person("Dai Po", "data_protection_officer")
    root = person("Root", is_superuser=True)
    assert found() == {"by_one": [root.pk]}


def test_only_administrators_ask_for_somebody_s_account(client, bai, officer, person):
    shen, root = person("Shen Yi", "agent"), person("Root", is_superuser=True)

    def way(user, kind="password"):
        return reverse("staff:power-ask", args=[user.pk, kind])

    for user, status in ((shen, 404), (officer, 404), (bai, 200)):
        client.force_login(user)
        assert client.get(way(shen)).status_code == status
    assert client.get(way(root)).status_code == 404
    assert client.get(way(shen, "email")).status_code == 404
    assert client.post(way(shen), {"why": ""}).status_code == 422
    assert not AccessProposal.objects.exists()


def test_what_waits_for_somebody_who_became_a_superuser_is_not_confirmed(
    bai, officer, person
):
    shen, moment = person("Shen Yi", "agent"), timezone.now()
    kind = AccessKind.PASSWORD
    proposal = ask_for_account(user=shen, kind=kind, by=bai, why="Lost", now=moment)
    shen.is_superuser = True
    shen.save(update_fields=["is_superuser"])
    before = shen.password

    told = confirm(officer, proposal).content.decode()

    assert "The account is a superuser" in told
    shen.refresh_from_db()
    assert shen.password == before
