"""Access is asked for, given by another, and over when its time is."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from customers.actions.grants import approve, ask, end, end_all_grants, end_due, refuse
from customers.models import (
    AccessGrant,
    Customer,
    CustomerEvent,
    CustomerUserObjectPermission,
)
from customers.models.ways_in import granted
from customers.queries import sight
from customers.tasks import sweep_access
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.models import Role
from tests.customers.looks import again, at_desk
from tests.desk import at_once
from tests.factories import DAY, HOUR, MINUTE, CustomerFactory, UserFactory

NOW = timezone.now()
"""The real one: a grant opens by the clock of the database."""
LIST = "customers:grants"


def asked(user, customer, scope="contact", now=NOW, length=DAY):
    return ask(
        customer=customer, scope=scope, purpose="service", reason="要核对收货地址",
        length=length, by=user, now=now,
    )  # fmt: skip


def given(user, customer, by, scope="contact", now=NOW, length=DAY):
    grant = asked(user, customer, scope, now, length)
    return approve(grant=grant, until=grant.until, by=by, now=now)


def codenames(user):
    rows = CustomerUserObjectPermission.objects.filter(user=user)
    return sorted(rows.values_list("permission__codename", flat=True))


def sees(user, customer):
    return Customer.objects.visible_to(again(user)).filter(pk=customer.pk).exists()


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("contact", ["view_customer"]),
        ("payment", ["see_payment", "view_customer"]),
        ("export", ["export_one", "view_customer"]),
    ],
)
def test_a_grant_opens_what_its_scope_says_and_closes_it(chen, zhao, hua, scope, opens):
    assert not sees(chen, hua)
    grant = given(chen, hua, zhao, scope)
    assert codenames(chen) == opens
    assert sees(chen, hua)
    end(grant=grant, by=chen, now=NOW)
    assert codenames(chen) == []
    assert not sees(chen, hua)
    kinds = CustomerEvent.objects.order_by("at", "pk").values_list("kind", flat=True)
    assert list(kinds) == ["granted", "ended"]


def test_the_end_of_one_grant_leaves_the_other_whole(chen, zhao, hua):
    contact = given(chen, hua, zhao, "contact")
    payment = given(chen, hua, zhao, "payment")
    end(grant=payment, by=zhao, now=NOW)
    assert codenames(chen) == ["view_customer"]
    end(grant=contact, by=zhao, now=NOW)
    assert codenames(chen) == []


def test_asking_alone_opens_nothing(chen, hua):
    asked(chen, hua)
    assert not sees(chen, hua)


def test_nobody_decides_about_their_own_whatever_their_roles(zhao, hua):
    keys = ("supervisor", "data_protection_officer")
    groups = [Role.objects.get(key=key).group for key in keys]
    set_roles(user=zhao, groups=groups)
    grant = asked(again(zhao), hua, "payment")
    for decide in (
        lambda: approve(grant=grant, until=grant.until, by=again(zhao), now=NOW),
        lambda: refuse(grant=grant, by=again(zhao), now=NOW),
    ):
        with pytest.raises(RuleError, match="their own"):
            decide()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessGrant.objects.update(state="given", decided_by=zhao, decided_at=NOW)
    address = reverse("customers:decide", args=[grant.pk])
    assert at_desk(zhao).post(address, {"hours": 0}).status_code == 403


def test_the_supervisor_of_another_team_may_not_decide(chen, sun, hua):
    grant = asked(chen, hua)
    with pytest.raises(RuleError, match="owning team"):
        approve(grant=grant, until=grant.until, by=sun, now=NOW)
    # Nor one who sees the customer by a grant of their own.
    given(sun, hua, UserFactory(role="data_protection_officer"))
    with pytest.raises(RuleError, match="owning team"):
        approve(grant=grant, until=grant.until, by=again(sun), now=NOW)


def test_an_officer_decides_without_seeing_the_customer(chen, officer, hua):
    given(chen, hua, officer)
    assert sees(chen, hua)
    assert not sees(officer, hua)


def test_less_may_be_given_and_never_more(chen, zhao, hua):
    grant = asked(chen, hua, length=DAY)
    with pytest.raises(RuleError, match="No more"):
        approve(grant=grant, until=NOW + DAY + MINUTE, by=zhao, now=NOW)
    approve(grant=grant, until=NOW + HOUR, by=zhao, now=NOW)
    assert AccessGrant.objects.get().until == NOW + HOUR


def test_thirty_days_are_the_longest(chen, hua):
    with pytest.raises(RuleError, match="30 days"):
        asked(chen, hua, length=31 * DAY)
    grant = asked(chen, hua, length=30 * DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessGrant.objects.filter(pk=grant.pk).update(until=NOW + 31 * DAY)


def test_one_open_request_of_a_kind_at_a_time(chen, hua):
    asked(chen, hua)
    with pytest.raises(RuleError, match="already"):
        asked(chen, hua)
    asked(chen, hua, "payment")


def test_what_is_over_ends_by_the_sweep_and_is_told(chen, zhao, hua):
    now = timezone.now()
    given(chen, hua, zhao, now=now - 2 * HOUR, length=HOUR)
    asked(chen, hua, "payment", now=now - 2 * HOUR, length=HOUR)
    still = given(chen, hua, zhao, "export", now=now, length=HOUR)
    assert sweep_access() == 2
    assert sweep_access() == 0
    assert codenames(chen) == ["export_one", "view_customer"]
    assert list(AccessGrant.objects.exclude(state="ended")) == [still]
    told = Notification.objects.filter(kind="customers.grant_ended")
    assert {each.user for each in told} == {chen, zhao}


def test_whoever_leaves_takes_nothing_along(chen, zhao, hua):
    other = CustomerFactory()
    given(chen, hua, zhao, "payment")
    given(chen, other, zhao)
    asked(chen, other, "export")
    assert end_all_grants(user=chen, by=zhao, now=NOW) == 3
    assert codenames(chen) == []
    states = AccessGrant.objects.values_list("state", flat=True).order_by("state")
    assert list(states) == ["ended", "ended", "withdrawn"]


def test_only_those_concerned_end_it(chen, zhao, li, sun, hua):
    grant = given(chen, hua, zhao)
    for person in (li, sun):
        with pytest.raises(RuleError, match="holder"):
            end(grant=grant, by=person, now=NOW)


def test_those_who_may_decide_are_told_and_then_the_one_who_asked(
    chen, zhao, sun, officer, hua
):
    grant = asked(chen, hua)
    told = Notification.objects.filter(kind="customers.grant_asked")
    assert {each.user for each in told} == {zhao, officer}
    approve(grant=grant, until=grant.until, by=zhao, now=NOW)
    [answer] = Notification.objects.filter(kind="customers.grant_decided")
    assert (answer.user, answer.data["customer"]) == (chen, hua.code)
    assert "李" not in str(answer.__dict__)


def test_ten_who_approve_at_once_give_it_once(committed):
    people = [
        UserFactory(display_name=f"Lead {n}", role="supervisor", team="call-centre")
        for n in range(3)
    ]
    chen = UserFactory(display_name="Chen Jie", team="technical")
    hua = CustomerFactory(name="李华")
    grant = asked(chen, hua, length=DAY)

    def decide(person):
        return lambda: approve(grant=grant, until=grant.until, by=person, now=NOW)

    outcomes = at_once(*[decide(person) for person in people])
    assert sum(isinstance(each, AccessGrant) for each in outcomes) == 1
    assert sum(isinstance(each, RuleError) for each in outcomes) == 2
    assert codenames(chen) == ["view_customer"]


def test_two_grants_that_end_at_once_leave_nothing(committed):
    chen = UserFactory(display_name="Chen Jie", team="technical")
    zhao = UserFactory(display_name="Zhao Min", role="supervisor", team="call-centre")
    hua = CustomerFactory(name="李华")
    both = [given(chen, hua, zhao, scope) for scope in ("contact", "payment")]
    at_once(*[lambda each=each: end(grant=each, by=zhao, now=NOW) for each in both])
    assert codenames(chen) == []


def test_from_the_page_by_number_to_the_decision(chen, zhao, hua):
    form = {
        "customer": hua.code.lower(), "scope": "contact", "purpose": "service",
        "reason": "要核对收货地址", "hours": 24,
    }  # fmt: skip
    browser = at_desk(chen)
    assert browser.post(reverse("customers:ask"), form).status_code == 302
    assert "Waiting for approval" in browser.get(reverse(LIST)).content.decode()
    grant = AccessGrant.objects.get()
    lead = at_desk(zhao)
    decide = reverse("customers:decide", args=[grant.pk])
    assert decide in lead.get(reverse(LIST)).content.decode()
    assert "要核对收货地址" in lead.get(decide).content.decode()
    lead.post(decide, {"hours": 4})
    grant.refresh_from_db()
    assert (grant.state, grant.decided_by) == ("given", zhao)
    assert grant.until - timezone.now() < dt.timedelta(hours=4, minutes=1)
    browser.post(reverse("customers:end", args=[grant.pk]))
    assert not sees(chen, hua)


def test_an_unknown_number_is_refused_with_a_sentence(chen, hua):
    form = {"customer": "C-1", "scope": "contact", "purpose": "service",
            "reason": "x", "hours": 24}  # fmt: skip
    answer = at_desk(chen).post(reverse("customers:ask"), form)
    assert answer.status_code == 422
    assert "There is no customer with this number." in answer.content.decode()


def test_who_has_nothing_to_do_with_it_finds_nothing(chen, li, sun, hua, client):
    grant = asked(chen, hua)
    for name in ("decide", "end"):
        address = reverse(f"customers:{name}", args=[grant.pk])
        assert client.get(address).status_code == 302
        for person in (li, sun):
            assert at_desk(person).get(address).status_code == 404
    assert (
        at_desk(chen).get(reverse("customers:decide", args=[grant.pk])).status_code
        == 403
    )
    trainer = UserFactory(role="trainer")
    assert at_desk(trainer).get(reverse(LIST)).status_code == 404
    assert at_desk(trainer).get(reverse("customers:ask")).status_code == 404


@pytest.mark.parametrize("tab", ["waiting", "mine", "all"])
def test_the_list_asks_as_often_for_three_as_for_one(
    zhao, hua, tab, django_assert_max_num_queries
):
    browser = at_desk(zhao)
    address = reverse(LIST) + f"?show={tab}"
    for number in range(3):
        asked(UserFactory(display_name=f"Person {number}"), hua)
        asked(zhao, hua, ("contact", "payment", "export")[number])
        browser.get(address)
        with django_assert_max_num_queries(6):
            browser.get(address)


def test_the_reason_stands_nowhere_in_clear(chen, hua):
    asked(chen, hua)
    with connection.cursor() as cursor:
        for table in ("customers_accessgrant", "audit_logentry", "core_notification"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert "核对" not in str(cursor.fetchall())


def test_nothing_is_due_before_its_time(chen, zhao, hua):
    given(chen, hua, zhao)
    assert end_due(now=NOW + DAY - MINUTE) == 0
    assert end_due(now=NOW + DAY) == 1


def test_what_is_over_opens_nothing_though_no_sweep_has_run(chen, zhao, officer, hua):
    """The worker is down: the grant stands as given, and guardian's rows are there."""
    begun = timezone.now() - 2 * HOUR
    for scope in ("contact", "payment", "export"):
        given(chen, hua, zhao, scope, now=begun, length=HOUR)
    assert codenames(chen) == ["export_one", "see_payment", "view_customer"]
    chen = again(chen)
    assert not sees(chen, hua)
    for codename in codenames(chen):
        assert not chen.has_perm(f"customers.{codename}", hua)
        assert codename not in chen.get_all_permissions(hua)
        assert not Customer.objects.filter(pk__in=granted(chen, codename)).exists()
    page = reverse("customers:customer", args=[hua.number])
    assert at_desk(chen).get(page).status_code == 404
    assert "Chen Jie" not in {line.name for line in sight.people_of(hua)}
    assert sight.customers_of(chen, officer) == []
    told = at_desk(chen).get(reverse(LIST)).content.decode()
    assert "Ended" in told
    assert "Given" not in told


def test_one_that_is_over_makes_room_for_a_new_request(chen, zhao, hua):
    given(chen, hua, zhao, now=timezone.now() - 2 * HOUR, length=HOUR)
    asked(chen, hua, now=timezone.now())
    states = AccessGrant.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["ended", "asked"]


def test_what_two_grants_stand_for_lasts_as_long_as_the_longer(chen, zhao, hua):
    """Ended early, the longer leaves what the shorter still stands for, and its end."""
    now = timezone.now()
    given(chen, hua, zhao, "contact", now=now, length=HOUR)
    longer = given(chen, hua, zhao, "payment", now=now, length=DAY)
    row = CustomerUserObjectPermission.objects.get(
        user=chen, permission__codename="view_customer"
    )
    assert row.until == now + DAY
    end(grant=longer, by=chen, now=now)
    assert CustomerUserObjectPermission.objects.get(user=chen).until == now + HOUR
    assert chen.has_perm("customers.view_customer", hua)
