"""Where alarms begin is lowered by one, raised by two, and never unseen."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from customers.actions.by_two import lapse_due
from customers.actions.watch_limits import change_limits, confirm_limits, drop_limits
from customers.models import WAITS, LimitsChange, RevealLimits
from servicedesk.audit.models import LogEntry
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.customers.looks import at_desk
from tests.desk import fresh
from tests.factories import HOUR, NOW, UserFactory

LIMITS = "customers:limits"


@pytest.fixture
def administrator(desk):
    """Ma Lin manages settings, and reads no customer data."""
    return UserFactory(display_name="Ma Lin", role="administrator")


def day():
    return RevealLimits.objects.get().day


def told():
    rows = Notification.objects.filter(kind="customers.limits_changed")
    return {each.user for each in rows}


def test_one_officer_alone_raises_nothing(officer):
    waits = change_limits(values={"day": 900}, by=officer, now=NOW)
    assert day() == 150
    with pytest.raises(RuleError, match="Another person"):
        confirm_limits(change=waits, by=officer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitsChange.objects.update(state="in_force", decided_by=officer)
    assert day() == 150


def test_another_officer_or_an_administrator_confirms(
    officer, second_officer, administrator
):
    for number, person in ((200, second_officer), (300, administrator)):
        waits = change_limits(values={"day": number}, by=officer, now=NOW)
        confirm_limits(change=waits, by=person, now=NOW + HOUR)
        assert day() == number


def test_the_others_are_told_of_every_change(officer, second_officer, administrator):
    change_limits(values={"day": 100}, by=officer, now=NOW)
    assert told() == {second_officer, administrator}
    change_limits(values={"day": 120}, by=second_officer, now=NOW + HOUR)
    assert told() == {officer, second_officer, administrator}
    sentences = Notification.objects.values_list("data", flat=True)
    assert {each["state"] for each in sentences} == {"in_force", "waiting"}


def test_lower_holds_at_once_and_higher_waits_though_saved_together(officer):
    waits = change_limits(values={"day": 100, "hour": 60}, by=officer, now=NOW)
    limits = RevealLimits.objects.get()
    assert (limits.day, limits.hour) == (100, 40)
    assert waits.values == {"hour": 60}


def test_a_shorter_night_lets_more_pass(officer):
    assert change_limits(values={"night_to": 5}, by=officer, now=NOW)
    assert RevealLimits.objects.get().night_to == 7
    assert change_limits(values={"night_from": 20}, by=officer, now=NOW) is None
    assert RevealLimits.objects.get().night_from == 20


@pytest.mark.parametrize(
    ("name", "number"),
    [("day", 5000), ("hard", 9), ("ten_minutes", 500), ("night", 10_000),
     ("night_to", 22)],
)  # fmt: skip
def test_no_number_switches_an_alarm_off(officer, name, number):
    with pytest.raises(ValidationError):
        change_limits(values={name: number}, by=officer, now=NOW)


def test_what_waits_is_dropped_by_the_next_change_or_by_hand(officer, second_officer):
    first = change_limits(values={"day": 200}, by=officer, now=NOW)
    second = change_limits(values={"day": 160}, by=officer, now=NOW)
    with pytest.raises(RuleError, match="no longer"):
        confirm_limits(change=first, by=second_officer, now=NOW)
    drop_limits(change=second, by=second_officer, now=NOW)
    with pytest.raises(RuleError, match="no longer"):
        confirm_limits(change=second, by=second_officer, now=NOW)
    assert day() == 150


def test_from_the_page_and_in_the_log(officer, second_officer, administrator, zhao):
    address = reverse(LIMITS)
    form = at_desk(officer).get(address).context["form"]
    given = {name: form[name].value() for name in form.fields}
    assert at_desk(officer).post(address, given | {"hard": 0}).status_code == 422
    assert at_desk(officer).post(address, given | {"hard": 9}).status_code == 422
    at_desk(officer).post(address, given | {"day": 180})
    assert day() == 150
    change = LimitsChange.objects.get()
    confirm = reverse("customers:limits-confirm", args=[change.pk])
    assert confirm not in at_desk(officer).get(address).content.decode()
    waiting = at_desk(administrator).get(address).content.decode()
    assert confirm in waiting
    assert "150 → 180" in waiting
    at_desk(administrator).post(confirm)
    assert day() == 180
    assert fresh(change).decided_by == administrator
    logged = LogEntry.objects.filter(content_type__model="reveallimits")
    assert logged.filter(actor=administrator).exists()
    assert (
        address
        in at_desk(administrator).get(reverse("customers:masks")).content.decode()
    )
    for name, args in ((LIMITS, []), ("customers:limits-confirm", [change.pk])):
        assert at_desk(zhao).post(reverse(name, args=args)).status_code == 404


def test_higher_limits_that_nobody_confirms_lapse(officer, administrator):
    waits = change_limits(values={"day": 200}, by=officer, now=NOW)
    with pytest.raises(RuleError, match="no longer"):
        confirm_limits(change=waits, by=administrator, now=NOW + WAITS)
    assert lapse_due(now=NOW + WAITS) == 1
    assert fresh(waits).state == "lapsed"
    assert told() == {officer, administrator}
    assert day() == 150
