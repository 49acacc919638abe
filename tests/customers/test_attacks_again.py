"""Ways around the count of guesses: many files, other columns, other spellings."""

from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.actions.import_job import ALIKE
from customers.actions.merge import merge_customers
from customers.actions.records import hand_over
from customers.actions.watch import acknowledge, raise_alarm
from customers.models import AccessAlarm, AlarmKind, ContactPoint
from tests.customers import moving
from tests.customers.looks import at_desk
from tests.desk import at_once, committed, fresh
from tests.factories import (
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
    team_of,
)

__all__ = ["committed"]

NUMBER = "+8613812345678"
GUESSED = {"fault": "guesses"}


def numbers(first, last):
    return [f"138{middle:04}5678" for middle in range(first, last)]


def checked(by, *phones, name="a.csv"):
    rows = [f"x,{each}" for each in phones]
    batch = moving.upload(by, moving.csv(*rows, heads="姓名,电话"), name=name)
    return moving.check(batch, known="reject")


def alarms(user):
    return AccessAlarm.objects.filter(user=user, kind="many")


def test_guesses_in_several_files_add_up(hua, zhao):
    """Sixty numbers a file: a hundred and seventy files named 138****5678."""
    assert checked(zhao, *numbers(1180, 1205)).state == "checked"
    assert checked(zhao, *numbers(1205, 1230)).state == "checked"
    last = checked(zhao, *numbers(1230, 1255))
    assert last.counts == GUESSED
    assert not last.problems.exists(), "the right number was named"
    assert alarms(zhao).get().limit == ALIKE


def test_so_do_those_in_the_columns_of_one_file(hua, zhao):
    """One file, and its columns named as the number one after the other."""
    columns = [numbers(first, first + 25) for first in (1180, 1205, 1230)]
    rows = [f"x,{','.join(each)}" for each in zip(*columns, strict=True)]
    batch = moving.upload(zhao, moving.csv(*rows, heads="姓名,a,b,c"))
    told = [
        moving.check(batch, known="reject", mapping={"0": "name", str(place): "phone"})
        for place in (1, 2, 3)
    ]
    assert [each.state for each in told] == ["checked", "checked", "failed"]
    assert fresh(batch).counts == GUESSED


def test_the_same_file_again_is_no_further_guess(hua, zhao):
    """Somebody mends a column and has the file checked again, five times."""
    for _time in range(5):
        assert checked(zhao, *numbers(1230, 1255)).state == "checked"
    assert not alarms(zhao).exists()


@pytest.mark.parametrize("spelt", ["{};isub={:08}", "{} /x {:08}", "tel:{};isub={:09}"])
def test_numbers_spelt_otherwise_are_the_same_guesses(hua, zhao, spelt):
    """What follows is no part of the number, and hid from the count what it was."""
    phones = [spelt.format(each, at) for at, each in enumerate(numbers(1180, 1250))]
    assert checked(zhao, *phones).counts == GUESSED


def test_id_numbers_with_spaces_are_the_same_guesses(hua, zhao):
    ids = [f"310101{19900000 + day:08}8888" for day in range(70)]
    spelt = [
        f"{each[: at % 16 + 1]} {each[at % 16 + 1 :]}" for at, each in enumerate(ids)
    ]
    rows = [f"x,1350000{at:04},{each}" for at, each in enumerate(spelt)]
    batch = moving.upload(zhao, moving.csv(*rows, heads="姓名,电话,身份证"))
    assert moving.check(batch).counts == GUESSED


@pytest.mark.parametrize(
    "tried",
    [
        ["za@example.com", "zb@Example.com", "zc@eXample.com", "zd@exAmple.com"],
        ["310101199003018888", "3101-01199003028888", "310 101199003038888",
         "31010 1199003078888"],
    ],
)  # fmt: skip
def test_no_spelling_begins_the_count_anew(hua, zhao, monkeypatch, tried):
    """Capitals and hyphens find the same record; each spelling had sixty of its own."""
    monkeypatch.setattr("customers.views.probing.ALIKE", 3)
    ContactPointFactory(customer=hua, kind="email", value="zd@example.com")
    browser, address = at_desk(zhao), reverse("customers:search")
    told = [browser.post(address, {"words": each}).status_code for each in tried]
    assert told == [302, 302, 302, 429]
    assert alarms(zhao).exists()


def test_a_caller_who_calls_all_day_is_no_guess(hua, wang, monkeypatch):
    """One switchboard, sixty calls: the desk refused the sixty-first as probing."""
    monkeypatch.setattr("customers.views.probing.ALIKE", 3)
    browser = at_desk(wang)
    for _call in range(6):
        answer = browser.post(reverse("customers:pop"), {"number": "13812345678"})
        assert answer.status_code == 302
    assert not alarms(wang).exists()
    for other in numbers(1, 3):
        browser.post(reverse("customers:pop"), {"number": other})
    refused = browser.post(reverse("customers:pop"), {"number": numbers(3, 4)[0]})
    assert refused.status_code == 429
    again = browser.post(reverse("customers:pop"), {"number": numbers(3, 4)[0]})
    assert again.status_code == 429, "what was refused was answered the second time"


def test_nothing_is_imported_into_a_record_that_became_part_of_another(hua, zhao):
    """The one that stays went to another team; the second number led to the one that went."""
    gone = CustomerFactory(name="x")
    ContactPoint.objects.create(
        customer=gone, kind="phone", value=NUMBER, created_at=NOW, beside=gone.pk
    )
    merge_customers(kept=hua, gone=gone, take={}, by=zhao, now=NOW)
    hand_over(customer=hua, team=team_of("technical"), by=zhao, now=NOW)
    rows = moving.csv("x,13812345678,new@example.com", heads="姓名,电话,邮箱")
    moving.run(moving.check(moving.upload(zhao, rows), known="fill"))
    made = ContactPoint.objects.get(kind="email").customer
    assert made.merged_into is None
    assert made not in (hua, gone)


def test_an_alarm_that_was_seen_hides_no_other(hua, zhao, officer, monkeypatch):
    """First looked at many, and said why; the guesses an hour later told nobody."""
    monkeypatch.setattr("customers.views.probing.ALIKE", 2)
    first = raise_alarm(
        kind=AlarmKind.MANY, user=zhao, now=timezone.now(), number=40, limit=20
    )
    acknowledge(alarm=first, word="mailing", by=officer, now=timezone.now())
    browser = at_desk(zhao)
    for each in numbers(1, 5):
        browser.post(reverse("customers:search"), {"words": each})
    assert alarms(zhao).count() == 2
    assert alarms(zhao).get(seen_at=None).limit == 2
    assert fresh(first).number == 40


def test_two_guesses_at_one_moment_raise_one_alarm(committed):
    ding = UserFactory(display_name="Ding Yan", role="data_protection_officer")
    moment = timezone.now()
    told = at_once(
        *[partial(raise_alarm, kind=AlarmKind.MANY, user=ding, now=moment, number=9)]
        * 2
    )
    assert not [each for each in told if isinstance(each, Exception)]
    assert alarms(ding).count() == 1
