"""What nobody does alone: overwrite by a guess, revive by an old code, count through."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse

from customers.actions.contact_codes import ask_code, enter_code
from customers.actions.contacts import mark_dead
from customers.actions.corrections import accept_correction, ask_correction
from customers.actions.records import change_customer, last_change
from customers.models import (
    AccessAlarm,
    Correction,
    Customer,
    CustomerEvent,
    Mode,
)
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.errors import RuleError
from tests.customers.looks import at_desk, rule
from tests.customers.persons import asked_by
from tests.desk import fresh
from tests.factories import (
    DAY,
    MINUTE,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    team_of,
)
from tickets.models import Category, Ticket

RIGHT, WRONG = "310101199003078888", "310101199003078880"


# --- corrections ---


def test_what_one_wrote_down_another_carries_out(hua, officer, second_officer):
    """One officer wrote down, checked and carried out, and the record was overwritten."""
    asked = asked_by(hua, "correct", by=officer)
    browser = at_desk(officer)
    browser.post(
        reverse("customers:correction-add", args=[asked.number]),
        {"field": "name", "proposed": "李明"},
    )
    correction = Correction.objects.get()
    assert correction.written_by == officer
    accept = reverse("customers:correction-accept", args=[asked.number, correction.pk])
    page = reverse("customers:rights-request", args=[asked.number])
    shown = browser.get(page).content.decode()
    assert accept not in shown
    assert "another person has to carry it out" in shown
    told = browser.post(accept, follow=True).content.decode()
    assert "another person has to carry it out" in told
    assert fresh(hua).name == "李华"
    other = at_desk(second_officer)
    assert accept in other.get(page).content.decode()
    other.post(accept)
    assert fresh(hua).name == "李明"


def test_nor_what_only_one_checked_that_came_by_the_page(hua, officer, second_officer):
    """Anybody can write on the public page; who says that it was the person is alone."""
    asked = asked_by(hua, "correct", by=officer)
    correction = ask_correction(asked=asked, field="name", proposed="李明", now=NOW)
    with pytest.raises(RuleError, match="another person"):
        accept_correction(correction=correction, by=officer, now=NOW)
    accept_correction(correction=correction, by=second_officer, now=NOW)
    assert fresh(hua).name == "李明"


def test_who_may_read_the_field_has_nothing_to_guess(hua, officer):
    rule("data_protection_officer", "name", Mode.READ)
    asked = asked_by(hua, "correct", by=officer)
    correction = ask_correction(
        asked=asked, field="name", proposed="李明", by=officer, now=NOW
    )
    accept_correction(correction=correction, by=officer, now=NOW)
    assert fresh(hua).name == "李明"


# --- the history of a masked field ---


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [("name", "李华", "李明"), ("id_number", RIGHT, WRONG)],
)
def test_the_history_tells_no_right_guess_from_a_wrong_one(
    hua, zhao, field, right, wrong
):
    lines = []
    for guess in (right, wrong):
        known = set(CustomerEvent.objects.values_list("pk", flat=True))
        change_customer(
            customer=hua, changes={field: guess}, consent_way="phone", by=zhao, now=NOW,
            seen=last_change(hua),
        )  # fmt: skip
        new = CustomerEvent.objects.exclude(pk__in=known).filter(kind="changed")
        lines.append([(each.kind, each.fields, each.by) for each in new])
        hua.consents.all().delete()
    assert lines[0] == lines[1] == [("changed", [field], zhao)]
    assert getattr(fresh(hua), field) == wrong


def test_what_one_reads_is_in_the_history_only_when_it_changed(hua, zhao):
    change_customer(customer=hua, changes={"notes": hua.notes}, by=zhao, now=NOW)
    assert not CustomerEvent.objects.filter(customer=hua, kind="changed").exists()


# --- codes ---


@pytest.mark.parametrize("again", [False, True])
def test_a_code_from_before_a_contact_was_found_dead_is_none(hua, wang, again):
    address = ContactPointFactory(customer=hua, created_at=NOW - 90 * DAY)
    code = ask_code(contact=address, by=wang, now=NOW)
    typed = str(code.code)
    mark_dead(contact=address, dead=True, by=wang, now=NOW)
    if again:
        mark_dead(contact=address, dead=False, by=wang, now=NOW)
    with pytest.raises(RuleError, match="No code is good"):
        enter_code(contact=address, typed=typed, by=wang, now=NOW + MINUTE)
    assert fresh(address).verified_at is None
    assert bool(fresh(address).dead_at) is not again


# --- guesses at what a mask hides ---


def search(browser, words):
    return browser.post(reverse("customers:search"), {"words": words})


@pytest.mark.parametrize("way", ["search", "pop", "contact", "ticket"])
def test_numbers_that_look_alike_are_not_tried_one_by_one(hua, wang, monkeypatch, way):
    """138****5678 in fourteen hours, at 120 questions in ten minutes."""
    cache.clear()
    monkeypatch.setattr("customers.views.probing.ALIKE", 3)
    own = CustomerFactory(name="x")
    asks = {
        "search": ("customers:search", (), "words"),
        "pop": ("customers:pop", (), "number"),
        "contact": ("customers:contact-add", (own.number,), "value"),
        "ticket": ("tickets:new", (), "contact"),
    }
    name, args, field = asks[way]
    more = {}
    if way == "ticket":
        category = Category.objects.filter(team=team_of("call-centre")).first()
        more = {
            "name": "x", "language": "en", "subject": "y", "body": "z",
            "category": category.pk, "channel": "phone", "severity": "3",
            "urgency": "3", "phase": "after_sale",
        }  # fmt: skip
    browser = at_desk(wang)
    numbers = ["13800005678", "138 0001 5678", "13800025678", "13812345678"]
    answers = [
        browser.post(
            reverse(name, args=args), {**more, "client_key": uuid4(), field: each}
        )
        for each in numbers
    ]
    told = answers[-1].content.decode()
    assert answers[-1].status_code == (429 if way in {"search", "pop"} else 422)
    assert hua.code not in told
    assert not Ticket.objects.filter(customer=hua).exists()
    alarm = AccessAlarm.objects.get(user=wang, kind="many")
    assert (alarm.number, alarm.limit) == (4, 3)
    other = browser.post(reverse(name, args=args), {field: "13912340000"})
    assert other.status_code != 429


def test_nor_are_id_numbers(hua, zhao, monkeypatch):
    cache.clear()
    monkeypatch.setattr("customers.views.probing.ALIKE", 3)
    browser = at_desk(zhao)
    for day in range(3):
        assert search(browser, f"3101011990030{day}8888").status_code == 302
    assert search(browser, RIGHT).status_code == 429
    assert search(browser, "A-1001").status_code == 302


def test_nor_by_a_record_of_ones_own(hua, zhao, monkeypatch):
    """The page of a merge names records that look like a guess that one wrote there."""
    cache.clear()
    monkeypatch.setattr("customers.views.probing.ALIKE", 3)
    own = CustomerFactory(name="x")
    browser = at_desk(zhao)
    form = {"kind": own.kind, "language": own.language, "city": "", "notes": "",
            "agreed": "on", "agreed_way": "phone"}  # fmt: skip
    address = reverse("customers:edit", args=[own.number])
    guesses = [*(f"3101011990030{day}8888" for day in range(3)), RIGHT]
    answers = [
        browser.post(
            address, {**form, "id_number": each, "seen": last_change(own) or ""}
        )
        for each in guesses
    ]
    assert [each.status_code for each in answers] == [302, 302, 302, 422]
    assert fresh(own).id_number != RIGHT


def test_pages_of_records_that_look_alike_are_counted(hua, zhao, monkeypatch):
    cache.clear()
    monkeypatch.setattr("customers.views.probing.LIMIT", 2)
    browser = at_desk(zhao)
    pages = [
        reverse("customers:merge", args=[hua.number]),
        reverse("customers:duplicates"),
        reverse("customers:duplicates"),
    ]
    assert [browser.get(each).status_code for each in pages] == [200, 200, 429]


# --- what is not there ---


def test_a_number_that_nobody_has_is_refused_like_one_of_another_team(hua, chen):
    """The log told them apart, and who counts through was not seen."""
    browser = at_desk(chen)
    refused = []
    for number in (hua.number, hua.number + 5000):
        known = set(LogEntry.objects.values_list("pk", flat=True))
        for page in ("customer", "timeline", "history", "edit"):
            address = reverse(f"customers:{page}", args=[number])
            assert browser.get(address).status_code == 404
        new = LogEntry.objects.exclude(pk__in=known)
        refused.append(new.filter(action=Kind.REFUSAL, actor=chen).count())
    assert refused == [4, 4]
    assert not Customer.objects.filter(number=hua.number + 5000).exists()


def test_numbers_are_not_counted_through_by_asking_for_access(hua, chen, monkeypatch):
    """The form said of each number whether a customer has it, as often as one liked."""
    cache.clear()
    monkeypatch.setattr("customers.views.probing.ASKED", 2)
    browser, address = at_desk(chen), reverse("customers:ask")
    form = {"scope": "contact", "purpose": "service", "reason": "x", "hours": 24}
    told = [
        browser.post(address, {**form, "customer": f"C-{hua.number + 9000 + step}"})
        for step in range(2)
    ]
    assert [each.status_code for each in told] == [422, 422]
    for number in (hua.number, hua.number + 9100):
        told = browser.post(address, {**form, "customer": f"C-{number}"})
        assert told.status_code == 429
        assert "no customer" not in told.content.decode()
    assert not hua.grants.exists()
    assert AccessAlarm.objects.filter(user=chen, kind="many").exists()
