"""Ways to guess what a mask hides: no form says whether a guess was right."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from customers.actions.corrections import accept_correction, ask_correction
from customers.actions.merge import merge_customers
from customers.actions.records import change_customer
from customers.actions.rights import check_by_staff, take_on
from customers.models import (
    AccessAlarm,
    Customer,
    CustomerEvent,
    IdentityFact,
    RightsWay,
)
from servicedesk.audit.models import LogEntry
from tests.customers import moving
from tests.customers.looks import allow, at_desk, rule
from tests.customers.persons import asked_by
from tests.desk import fresh
from tests.factories import (
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
    team_of,
)

RIGHT, WRONG = "310101199003078888", "310101199003078880"


def edited(browser, customer, **said):
    """Post the form that changes a record, and return the answer."""
    kept = {
        "kind": customer.kind, "language": customer.language, "city": customer.city,
        "notes": customer.notes or "",
    }  # fmt: skip
    address = reverse("customers:edit", args=[customer.number])
    return browser.post(address, kept | said)


def test_the_consent_asked_for_tells_nothing_of_an_id_number(hua, zhao):
    """No consent is on record: only a wrong guess was asked for one."""
    browser = at_desk(zhao)
    answers = {
        edited(browser, hua, id_number=each).status_code for each in (RIGHT, WRONG)
    }
    assert answers == {422}


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [("name", "李华", "李明"), ("address", "上海市南京路 1 号", "上海市南京路 2 号")],
)
def test_an_old_form_tells_nothing_of_a_masked_value(hua, zhao, field, right, wrong):
    """A form from before the last change refused a wrong guess, and took a right one."""
    change_customer(customer=hua, changes={field: "x"}, by=zhao, now=NOW)
    seen = CustomerEvent.objects.latest("id").pk
    change_customer(customer=hua, changes={field: right}, seen=seen, by=zhao, now=NOW)
    browser = at_desk(zhao)
    answers = {
        edited(browser, fresh(hua), **{field: each}).status_code
        for each in (right, wrong)
    }
    assert answers == {422}
    assert getattr(fresh(hua), field) == right


def test_two_records_side_by_side_are_no_place_to_guess(hua, zhao, monkeypatch):
    """A record of one's own with a guess in it: a field that is missing is a hit."""
    monkeypatch.setattr("customers.views.probing.LIMIT", 3)
    own = CustomerFactory(name="x", city=hua.city)
    known = set(LogEntry.objects.values_list("pk", flat=True))
    browser = at_desk(zhao)
    address = reverse("customers:merge-two", args=[own.number, hua.number])
    assert browser.get(address).status_code == 200
    met = LogEntry.objects.exclude(pk__in=known).filter(object_pk=str(hua.pk))
    assert met.filter(actor=zhao).exists(), "the record does not say who compared it"
    told = [browser.get(address).status_code for _turn in range(3)]
    assert told[-1] == 429


def test_what_is_hidden_makes_no_records_look_alike(hua, zhao):
    """Names are hidden from her role: a record with a guess in it found the real one."""
    rule("supervisor", "name", 0)
    Customer.objects.filter(pk=hua.pk).update(city="上海")
    own = CustomerFactory(name="李华", city="上海")
    browser = at_desk(zhao)
    told = browser.get(reverse("customers:merge", args=[own.number])).content.decode()
    assert hua.code not in told
    pairs = browser.get(reverse("customers:duplicates")).content.decode()
    assert hua.code not in pairs


def test_what_is_hidden_names_no_record(hua, wang):
    """Phones are hidden from the role, and search named the record of a whole number."""
    rule("agent", "phone", 0)
    browser = at_desk(wang)
    answer = browser.post(
        reverse("customers:search"), {"words": "13812345678"}, follow=True
    )
    assert hua.code not in answer.content.decode()


def test_a_correction_is_no_way_to_ask_who_is_a_customer(
    hua, officer, second_officer, monkeypatch
):
    """Number after number as somebody's correction: each taken one was told, unlogged."""
    cache.clear()
    monkeypatch.setattr("customers.views.probing.LIMIT", 1)
    other = CustomerFactory(name="x", team=team_of("technical"))
    ContactPointFactory(customer=other, kind="phone", value="+8613912345678")
    asked = asked_by(hua, "correct", by=second_officer)
    correction = ask_correction(
        asked=asked, field="phone", proposed="13912345678", now=NOW
    )
    browser = at_desk(officer)
    address = reverse("customers:correction-accept", args=[asked.number, correction.pk])
    told = browser.post(address, follow=True).content.decode()
    assert "with another customer already" in told
    met = LogEntry.objects.filter(object_pk=str(other.pk), actor=officer)
    assert met.exists(), "the record does not say who met it"
    told = browser.post(address, follow=True).content.decode()
    assert "with another customer already" not in told
    assert "Wait ten minutes" in told


def test_a_field_that_was_changed_before_can_be_corrected(
    hua, officer, second_officer, zhao
):
    change_customer(customer=hua, changes={"name": "李骅"}, by=zhao, now=NOW)
    asked = asked_by(hua, "correct", by=second_officer)
    correction = ask_correction(asked=asked, field="name", proposed="李桦", now=NOW)
    accept_correction(correction=correction, by=officer, now=NOW)
    assert fresh(hua).name == "李桦"


@pytest.mark.parametrize("decided", ["accepted", "declined"])
def test_what_was_corrected_is_masked_like_the_record(
    hua, officer, second_officer, decided
):
    """Once it is on record, or refused, the request is no place to read it in clear."""
    asked = asked_by(hua, "correct", by=second_officer)
    correction = ask_correction(asked=asked, field="id_number", proposed=WRONG, now=NOW)
    browser = at_desk(officer)
    page = reverse("customers:rights-request", args=[asked.number])
    assert WRONG in browser.get(page).content.decode()
    if decided == "accepted":
        name, said = "customers:correction-accept", {}
    else:
        name, said = "customers:correction-decline", {"words": "No proof."}
    browser.post(reverse(name, args=[asked.number, correction.pk]), said)
    told = browser.get(page).content.decode()
    assert fresh(correction).state == decided
    assert WRONG not in told
    assert "310101********8880" in told


def test_a_file_of_guesses_is_compared_with_nobody(hua, zhao):
    """All numbers that look like 138****5678 in one file: the check named the right row."""
    guesses = [f"x,138{middle:04}5678" for middle in range(1200, 1300)]
    content = moving.csv(*guesses, heads="姓名,电话")
    batch = moving.check(moving.upload(zhao, content), known="reject")
    assert not batch.problems.exists()
    assert batch.counts == {"fault": "guesses"}
    assert AccessAlarm.objects.filter(user=zhao).exists(), "no officer heard of it"


def test_nobody_lets_themselves_in_by_a_request_of_their_own_writing(hua, officer):
    """Written down, checked and taken on by one officer, with nobody who asked."""
    other = UserFactory(display_name="Sheng Nan", role="data_protection_officer")
    alone = asked_by(hua, "explain", by=officer)
    take_on(asked=alone, by=officer)
    assert not Customer.objects.visible_to(officer).exists()
    take_on(asked=alone, by=other)
    assert list(Customer.objects.visible_to(other)) == [hua]


def test_who_wrote_it_down_is_let_in_where_another_checked_who_asks(hua, officer, zhao):
    asked = asked_by(hua, "explain", by=officer, checked=False)
    check_by_staff(
        asked=asked,
        way=RightsWay.PERSON,
        facts=[IdentityFact.DOCUMENT],
        by=zhao,
        now=NOW,
    )
    take_on(asked=asked, by=officer)
    assert list(Customer.objects.visible_to(officer)) == [hua]


def test_a_guest_cannot_take_a_merge_apart(hua, zhao, sun):
    """An hour's sight of a record was enough to undo what its own team had merged."""
    gone = CustomerFactory(name="x")
    made = merge_customers(kept=hua, gone=gone, take={}, by=zhao, now=NOW)
    allow(sun, hua, "view_customer")
    address = reverse("customers:merge-undo", args=[hua.number, made.pk])
    assert at_desk(sun).post(address).status_code == 422
    assert fresh(gone).merged_into == hua


def test_what_is_hidden_names_no_record_where_it_is_taken(hua, wang):
    """Phones are hidden from the role, and a new contact named whose the number is."""
    rule("agent", "phone", 0)
    own = CustomerFactory(name="x")
    browser = at_desk(wang)
    address = reverse("customers:contact-add", args=[own.number])
    told = browser.post(address, {"value": "13812345678"}).content.decode()
    assert "with another customer already" in told
    assert hua.code not in told
    rule("agent", "phone", 1)
    assert hua.code in browser.post(address, {"value": "13812345678"}).content.decode()
