"""Who looks behind masks more than is usual is noticed, and at last stopped."""

import datetime as dt

import pytest
from django.urls import reverse

from customers.actions.reveal import reveal_name
from customers.actions.watch import acknowledge, lift
from customers.models import AccessAlarm, AlarmKind, Reveal, RevealLimits
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.customers.looks import again, at_desk
from tests.desk import at_once
from tests.factories import DAY, HOUR, MINUTE, NOW, CustomerFactory, UserFactory

NIGHT = NOW + dt.timedelta(hours=13)  # 23:00 in Shanghai


def look(user, customer, now=NOW, number=1):
    for step in range(number):
        moment = now + dt.timedelta(seconds=step)
        reveal_name(customer=customer, purpose="service", by=user, now=moment)


def kinds():
    return set(AccessAlarm.objects.values_list("kind", flat=True))


@pytest.fixture
def strict(desk):
    """Few reveals are many."""
    return RevealLimits.objects.create(
        ten_minutes=3, hour=6, day=12, hard=2, floor=100, many=100, outside=100,
        night=2,
    )  # fmt: skip


def test_one_more_than_the_limit_tells_every_officer_once(
    strict, wang, hua, officer, second_officer
):
    look(wang, hua, number=3)
    assert not AccessAlarm.objects.exists()
    look(wang, hua, NOW + MINUTE, number=2)
    alarm = AccessAlarm.objects.get()
    assert (alarm.kind, alarm.user, alarm.number) == ("ten_min", wang, 5)
    told = Notification.objects.filter(kind="customers.alarm")
    assert {each.user for each in told} == {officer, second_officer}
    assert {each.mail_state for each in told} == {"due"}
    assert "李" not in str([each.data for each in told])


def test_the_windows_slide(strict, wang, hua):
    look(wang, hua, number=3)
    look(wang, hua, NOW + 11 * MINUTE, number=3)
    assert not AccessAlarm.objects.exists()
    look(wang, hua, NOW + 30 * MINUTE)
    assert kinds() == {"hour"}


def test_past_the_hard_limit_nothing_more_shows_until_it_is_lifted(
    strict, wang, hua, officer
):
    look(wang, hua, number=6)
    assert AlarmKind.BLOCKED in kinds()
    with pytest.raises(RuleError, match="can lift this"):
        look(wang, hua, NOW + 3 * DAY)
    assert Reveal.objects.count() == 6
    browser = at_desk(wang)
    address = reverse("customers:reveal", args=[hua.number, "name"])
    told = browser.post(address, {"purpose": "service"})
    assert told.status_code == 422
    assert "李华" not in told.content.decode()

    block = AccessAlarm.objects.get(kind="blocked")
    at_desk(officer).post(reverse("customers:lift", args=[block.pk]))
    assert "李华" in browser.post(address, {"purpose": "service"}).content.decode()


def test_after_lifting_the_counting_begins_anew(strict, wang, hua, officer):
    look(wang, hua, number=6)
    block = AccessAlarm.objects.get(kind="blocked")
    lift(alarm=block, by=officer, now=NOW + MINUTE)
    look(wang, hua, NOW + 2 * MINUTE, number=3)
    assert AccessAlarm.objects.filter(kind="blocked").count() == 1


def test_nobody_lifts_or_acknowledges_their_own(strict, officer, second_officer):
    alarm = AccessAlarm.objects.create(
        kind="blocked", user=officer, raised_at=NOW, last_at=NOW
    )
    with pytest.raises(RuleError, match="another officer"):
        lift(alarm=alarm, by=officer, now=NOW)
    with pytest.raises(RuleError, match="another officer"):
        acknowledge(alarm=alarm, word="fine", by=officer, now=NOW)
    acknowledge(alarm=alarm, word="asked, explained", by=second_officer, now=NOW)
    lift(alarm=alarm, by=second_officer, now=NOW)
    assert AccessAlarm.objects.get().word == "asked, explained"


def test_far_more_than_ones_usual_and_the_teams(desk, wang, li, hua):
    RevealLimits.objects.create(
        ten_minutes=900, hour=900, day=900, floor=5, outside=900, many=900
    )
    for day in range(11, 1, -1):
        look(wang, hua, NOW - day * DAY)
    look(wang, hua, NOW, number=5)
    assert kinds() == set()
    look(wang, hua, NOW + HOUR)
    assert kinds() == {"unusual"}


def test_a_busy_day_of_the_whole_team_is_usual(desk, wang, li, hua):
    RevealLimits.objects.create(
        ten_minutes=900, hour=900, day=900, floor=5, outside=900, many=900
    )
    Reveal.objects.bulk_create(
        Reveal(customer=hua, field="name", purpose="service", by=li, at=NOW)
        for _each in range(6)
    )
    look(wang, hua, NOW, number=7)
    assert kinds() == set()


def test_many_customers_who_are_no_work_of_the_persons(desk, wang):
    RevealLimits.objects.create(many=4, outside=2)
    for number in range(5):
        look(wang, CustomerFactory(), NOW + number * MINUTE)
    assert kinds() == {"many", "outside"}
    assert not Reveal.objects.filter(in_work=True).exists()


def test_the_customers_of_ones_tickets_are_work(desk, wang, ticket):
    type(ticket).objects.update(assignee=wang)
    RevealLimits.objects.create(outside=1)
    look(wang, ticket.customer, number=3)
    assert kinds() == set()


def test_at_night_few_are_many_whatever_zone_one_says_to_be_in(strict, wang, hua):
    wang.time_zone = "America/New_York"
    wang.save()
    look(again(wang), hua, NIGHT, number=3)
    assert kinds() == {"night"}


def test_two_reveals_at_once_are_counted_as_two(committed):
    RevealLimits.objects.create(ten_minutes=1, hour=900, day=900, hard=1)
    wang = UserFactory(display_name="Wang Fang", team="call-centre")
    hua = CustomerFactory(name="李华")

    def once():
        return reveal_name(customer=hua, purpose="service", by=again(wang), now=NOW)

    outcomes = at_once(once, once, once)
    assert outcomes.count("李华") == 1
    assert Reveal.objects.count() == 1


def test_the_list_is_the_officers_alone_and_narrows(strict, wang, zhao, hua, officer):
    look(wang, hua, number=4)
    address = reverse("customers:alarms")
    for person in (wang, zhao):
        assert at_desk(person).get(address).status_code == 404
    told = at_desk(officer).get(address).content.decode()
    assert "Wang Fang" in told
    assert "Many reveals in ten minutes" in told
    other = at_desk(officer).get(address, {"kind": "honey"}).content.decode()
    assert "No alarms" in other
    alarm = AccessAlarm.objects.get()
    seen = reverse("customers:acknowledge", args=[alarm.pk])
    at_desk(officer).post(seen, {"word": "a complaint day"})
    assert "No alarms" in at_desk(officer).get(address).content.decode()
    everything = at_desk(officer).get(address, {"state": "all"}).content.decode()
    assert "a complaint day" in everything
