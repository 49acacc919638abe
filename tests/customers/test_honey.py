"""Who touches a made-up customer is noticed; nobody can tell which one it is."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from customers.actions import honey as actions
from customers.actions.grants import ask
from customers.actions.reveal import reveal
from customers.models import (
    AccessAlarm,
    AlarmHow,
    Customer,
    Field,
    HoneyRecord,
    Mode,
)
from customers.queries import masks
from customers.queries.honey import is_honey, is_poisoned, new_id, new_reference
from customers.queries.reveals import of_field
from customers.tasks import sweep_access
from customers.views.one import one_customer
from servicedesk.audit.models import LogEntry
from servicedesk.core.ids import uuid7
from servicedesk.core.models import Notification
from tests.customers.looks import again, at_desk, rule
from tests.factories import DAY, NOW, CustomerFactory, team_of

PAGE = "customers:honey"


@pytest.fixture
def planted(officer):
    """A made-up customer stands among the call centre's."""
    actions.plant(team=team_of("call-centre"), by=officer, now=NOW - DAY)
    assert actions.plant_due(now=NOW) == 1
    return Customer.objects.get()


def look(user, customer):
    request = RequestFactory().get("/")
    request.user = user
    return one_customer(request, customer.number)


def test_it_is_asked_for_now_and_appears_later_by_no_hand(officer, desk):
    answer = at_desk(officer).post(
        reverse(PAGE), {"team": team_of("call-centre").pk}, follow=True
    )
    assert "appears within a day" in answer.content.decode()
    assert not Customer.objects.exists()
    due = HoneyRecord.objects.get().due_at
    assert dt.timedelta(minutes=59) < due - timezone.now() < DAY
    HoneyRecord.objects.update(due_at=timezone.now())
    sweep_access()
    customer = Customer.objects.get()
    assert customer.name
    assert customer.contact_points.get().value.startswith("+86")
    assert customer.code in at_desk(officer).get(reverse(PAGE)).content.decode()
    about = LogEntry.objects.filter(object_pk=str(customer.pk))
    assert {each.actor for each in about} == {None}


def test_its_id_looks_like_any_other_and_the_key_tells(planted):
    assert planted.pk.version == 7
    assert planted.pk.variant == uuid.RFC_4122
    assert is_honey(planted.pk)
    assert not any(is_honey(uuid7()) for _each in range(2_000))
    made = [new_id() for _each in range(500)]
    assert all(is_honey(each) for each in made)
    assert len(set(made)) > 450
    # The bits of the tail fall as chance lets them.
    for bit in range(62):
        ones = sum(each.int >> bit & 1 for each in made)
        assert 150 < ones < 350, bit


def test_no_table_says_which_one_it_is(planted):
    with connection.cursor() as cursor:
        cursor.execute("SELECT h::text FROM customers_honeyrecord h")
        row = str(cursor.fetchall())
        cursor.execute("SELECT c::text FROM customers_customer c")
        customer = str(cursor.fetchall())
    for mark in (str(planted.pk), planted.pk.hex, planted.code):
        assert mark not in row
    assert str(HoneyRecord.objects.get().pk) not in customer
    assert "honey" not in customer.lower()
    assert not LogEntry.objects.filter(content_type__model="honeyrecord").exists()


@pytest.mark.parametrize("how", ["view", "reveal", "grant"])
def test_touching_it_tells_every_officer_at_once(
    planted, officer, second_officer, wang, chen, how
):
    if how == "view":
        look(wang, planted)
    elif how == "reveal":
        at_desk(wang).post(
            reverse("customers:reveal", args=[planted.number, "name"]),
            {"purpose": "service"},
        )
    else:
        ask(
            customer=planted, scope="contact", purpose="service", reason="x",
            length=DAY, by=chen, now=NOW,
        )  # fmt: skip
    alarm = AccessAlarm.objects.get(kind="honey")
    assert alarm.user == (chen if how == "grant" else wang)
    assert alarm.honey == HoneyRecord.objects.get()
    told = Notification.objects.filter(kind="customers.alarm")
    assert {each.user for each in told} == {officer, second_officer}


def test_a_list_of_many_is_looked_through_without_a_query(
    planted, wang, django_assert_num_queries
):
    others = [uuid7() for _each in range(1_000)]
    with django_assert_num_queries(0):
        assert actions.touched(others, how=AlarmHow.EXPORT, by=wang, now=NOW) == []
    [alarm] = actions.touched(
        [*others, planted.pk], how=AlarmHow.EXPORT, by=wang, now=NOW
    )
    assert (alarm.how, alarm.user) == ("export", wang)


def test_any_other_customer_raises_nothing(wang, hua):
    look(wang, hua)
    assert not AccessAlarm.objects.exists()


def test_again_within_ten_minutes_adds_to_the_same_alarm(planted, wang):
    for minute in (0, 3, 6):
        moment = NOW + dt.timedelta(minutes=minute)
        actions.touched([planted.pk], how=AlarmHow.VIEW, by=wang, now=moment)
    assert AccessAlarm.objects.get().number == 3
    assert Notification.objects.filter(kind="customers.alarm").count() == 1


def test_its_poisoned_words_are_known_when_they_are_read(planted, wang):
    rule("agent", Field.NOTES, Mode.MASKED)
    masks.shown(Field.NOTES, planted.notes, again(wang))
    assert not AccessAlarm.objects.exists()
    rule("agent", Field.NOTES, Mode.READ)
    assert masks.shown(Field.NOTES, planted.notes, again(wang)).text == planted.notes
    alarm = AccessAlarm.objects.get()
    assert (alarm.kind, alarm.how, alarm.user) == ("honey", "read", wang)


@pytest.mark.parametrize("mode", [Mode.MASKED, Mode.EDIT])
def test_its_words_on_another_record_are_known_where_they_are_opened(
    planted, wang, mode
):
    """Neither the form of a record nor a reveal asked whether a note is poisoned."""
    rule("agent", Field.NOTES, mode)
    copied = CustomerFactory(notes=planted.notes)
    if mode == Mode.EDIT:
        at_desk(wang).get(reverse("customers:edit", args=[copied.number]))
    else:
        target = of_field(copied, "notes")
        reveal(target=target, purpose="service", by=again(wang), now=NOW)
    alarm = AccessAlarm.objects.get()
    assert (alarm.kind, alarm.how, alarm.user) == ("honey", "read", wang)


@pytest.mark.parametrize(
    "text",
    ["", "旧系统编号 ABCDEFGHIJKLMNOP", "AAAAAAAAAAAAAAAA", "no reference at all"],
)
def test_other_words_are_no_poison(desk, text):
    assert not is_poisoned(text)
    assert is_poisoned(f"… {new_reference()} …")


def test_a_retired_one_is_silent_and_gone(planted, officer, wang):
    record = HoneyRecord.objects.get()
    at_desk(officer).post(reverse("customers:retire-honey", args=[record.pk]))
    assert not Customer.objects.exists()
    assert actions.touched([planted.pk], how=AlarmHow.VIEW, by=wang, now=NOW) == []


def test_the_page_is_the_officers_alone(wang, zhao, officer, client):
    assert client.get(reverse(PAGE)).status_code == 302
    for person in (wang, zhao):
        assert at_desk(person).get(reverse(PAGE)).status_code == 404
    assert at_desk(officer).get(reverse(PAGE)).status_code == 200


def test_customers_are_never_honey_by_chance(desk):
    assert not any(is_honey(CustomerFactory().pk) for _each in range(5))
