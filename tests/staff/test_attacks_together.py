"""One person in the clothes of two: by somebody else's proposal, or an old address."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import AccessProposal, User
from tests.factories import CustomerFactory
from tests.staff.conftest import PASSWORD
from tests.staff.test_admin import account, change, rows, saved
from tests.staff.test_attacks_administrator import (
    again,
    ask_role,
    confirm,
    group_of,
    made_by,
    sees_customers,
    waits,
)

pytestmark = pytest.mark.django_db
OWN = "a-quiet-blue-lantern"


@pytest.fixture
def bai(client, person):
    user = person("Bai Lu", "administrator")
    client.force_login(user)
    return user


@pytest.fixture
def officer(person):
    return person("Dai Po", "data_protection_officer")


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def named(app, codename):
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def widen(browser, group, permission, why):
    held = group.permissions.values_list("pk", flat=True)
    page = reverse("admin:auth_group_change", args=[group.pk])
    words = {"name": group.name, "permissions": [*held, permission.pk], "why": why}
    saved(browser.post(page, words))


def test_nobody_confirms_their_own_wish_in_anothers_proposal(
    client, bai, officer, person
):
    """Zhao asked for something of the same role: Bai's wish went along as if it were hers."""
    puppet, zhao = person("Puppet", "trainer"), person("Zhao Lei", "administrator")
    group = group_of("trainer")
    widen(client, group, named("customers", "view_customer"), "x")
    widen(signed_in(zhao), group, named("tickets", "view_ticket"), "They train with it")

    page = confirm(bai, waits(group=group), client).content.decode()

    assert "You asked for it: another person confirms it." in page
    assert not sees_customers(puppet)
    page = confirm(zhao, waits(group=group)).content.decode()
    assert "You asked for it" in page
    confirm(officer, waits(group=group))
    assert sees_customers(puppet)


@pytest.fixture
def letters(settings, monkeypatch):
    """Have the desk send letters; they are kept for the test."""
    where = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_BACKEND = where
    monkeypatch.setattr(where, locmem.EmailBackend)
    mail.outbox = []
    return mail.outbox


def test_an_address_that_an_account_had_once_lets_nobody_in(
    client, bai, officer, letters
):
    """Made with one's own address, which is mended before anybody looks at it."""
    niu = made_by(client, "niu")
    reset = reverse("account_reset_password")
    User.objects.filter(pk=niu.pk).update(email="bai.lu@example.net")
    Client().post(reset, {"email": "bai.lu@example.net"})
    assert len(letters) == 1
    saved(client.post(change(niu), account(again(niu), email="niu@example.com")))
    ask_role(client, niu, "agent")
    confirm(officer, waits(user=niu))
    assert sees_customers(niu)
    letters.clear()

    Client().post(reset, {"email": "bai.lu@example.net"})
    assert not [each for each in letters if "/reset/key/" in each.body]

    Client().post(reset, {"email": "Niu@example.com"})
    assert len(letters) == 1
    assert letters[0].to == ["niu@example.com"]


def sign(browser, name):
    page = browser.get(reverse("staff:agreement")).content.decode()
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    said = {"version": version, "language": "en", "read": "on", "typed_name": name}
    done = browser.post(reverse("staff:agreement"), said)
    assert done.status_code == 302, done.content.decode()
    if "reauthenticate" in done.url:
        browser.post(done.url, {"password": OWN})


def record_as_trained(browser, user):
    today = timezone.localdate()
    for kind, until in (("onboarding", ""), ("security", f"{today.year + 1}-01-31")):
        record = {"kind": kind, "passed": "yes", "on": str(today), "until": until}
        page = reverse("staff:cleared-person", args=[user.pk])
        assert browser.post(page, record).status_code == 302


def test_somebody_is_hired_by_three_people_and_the_pages_alone(
    client, bai, officer, person, team
):
    """One administrator and one officer are enough; nothing else has to be done."""
    service = team("service")
    CustomerFactory(team=service, name="李华")
    words = {"username": "niu.li", "display_name": "Niu Li", "email": "niu@example.com"}
    given = {"password1": PASSWORD, "password2": PASSWORD}
    saved(client.post(reverse("admin:staff_user_add"), words | given))
    niu = User.objects.get(username="niu.li")
    row = rows("memberships", {"user": niu.pk, "team": service.pk})
    asked = account(niu, roles=[group_of("agent").pk], why="Begins today", **row)
    saved(client.post(change(niu), asked))
    assert (
        "has not chosen a password"
        in confirm(officer, waits(user=niu)).content.decode()
    )

    browser = Client()
    browser.post("/accounts/login/", {"login": "niu.li", "password": PASSWORD})
    own = {"oldpassword": PASSWORD, "password1": OWN, "password2": OWN}
    assert browser.post(reverse("account_change_password"), own).status_code == 302
    assert "Confirmed" in confirm(officer, waits(user=niu)).content.decode()
    assert AccessProposal.objects.get().state == "in_force"

    listed = reverse("customers:list")
    assert browser.get(listed).status_code == 403
    sign(browser, "Niu Li")
    record_as_trained(signed_in(person("Tang Xi", "trainer")), niu)

    shown = browser.get(listed)
    assert shown.status_code == 200
    assert "李" in shown.content.decode()


def test_a_second_team_is_given_by_two_as_well(client, bai, officer, person, team):
    shen = person("Shen Yi", "agent")
    add_member(team=team("one"), user=shen)
    other = team("two")
    mine = shen.memberships.get()
    row = rows(
        "memberships",
        {"id": mine.pk, "user": shen.pk, "team": mine.team_id},
        {"user": shen.pk, "team": other.pk},
        initial=1,
    )
    roles = [group_of("agent").pk]
    saved(client.post(change(shen), account(shen, roles=roles, why="Helps", **row)))
    assert not shen.memberships.filter(team=other).exists()
    confirm(officer, waits(user=shen))
    assert shen.memberships.filter(team=other).exists()
