"""A code goes to an e-mail address; who reads it out has shown that they read there."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers import tasks
from customers.actions.contact_codes import (
    APART,
    GOOD_FOR,
    ask_code,
    enter_code,
    forget_codes,
)
from customers.actions.contacts import add_contact, mark_dead
from customers.actions.identify import parse_contact
from customers.models import ContactCode, CustomerEvent
from customers.queries.proof import proves_somebody
from servicedesk.core.errors import RuleError
from tests.customers.looks import at_desk
from tests.desk import fresh
from tests.factories import DAY, MINUTE, NOW, ContactPointFactory


@pytest.fixture
def address(hua):
    return ContactPointFactory(
        customer=hua, value="li.hua@example.com", created_at=NOW - 90 * DAY
    )


def wrong(code):
    return f"{(int(code.code) + 1) % 10**8:08}"


def sent_code():
    tasks.sweep_codes()
    [letter] = mail.outbox
    return letter, re.search(r"\d{4} \d{4}", letter.body).group()


def test_the_code_of_the_letter_verifies_the_address(address, wang):
    now = timezone.now()
    ask_code(contact=address, by=wang, now=now)
    letter, code = sent_code()
    assert letter.to == ["li.hua@example.com"]
    assert "李" not in letter.body + letter.subject
    assert enter_code(contact=address, typed=code, by=wang, now=now + MINUTE)
    assert fresh(address).verified_at == now + MINUTE
    event = CustomerEvent.objects.get(kind="verified")
    assert (set(event.fields), event.by) == ({"email", "code"}, wang)
    with pytest.raises(RuleError, match="No code is good"):
        enter_code(contact=address, typed=code, by=wang, now=now + MINUTE)
    assert tasks.sweep_codes() == 0


def test_five_wrong_ones_and_it_is_good_no_longer(address, wang):
    code = ask_code(contact=address, by=wang, now=NOW)
    for _each in range(5):
        assert not enter_code(contact=address, typed=wrong(code), by=wang, now=NOW)
    with pytest.raises(RuleError, match="No code is good"):
        enter_code(contact=address, typed=code.code, by=wang, now=NOW)
    assert fresh(address).verified_at is None


def test_after_half_an_hour_it_is_good_no_longer_and_its_digits_go(address, wang):
    code = ask_code(contact=address, by=wang, now=NOW)
    with pytest.raises(RuleError, match="No code is good"):
        enter_code(contact=address, typed=code.code, by=wang, now=NOW + GOOD_FOR)
    assert forget_codes(now=NOW + GOOD_FOR) == 1
    assert fresh(code).code is None


def test_a_new_code_ends_the_one_before(address, wang):
    first = ask_code(contact=address, by=wang, now=NOW)
    second = ask_code(contact=address, by=wang, now=NOW + APART)
    if first.code != second.code:
        assert not enter_code(
            contact=address, typed=first.code, by=wang, now=NOW + APART
        )
    assert enter_code(contact=address, typed=second.code, by=wang, now=NOW + APART)


def test_nobody_is_flooded_with_codes(address, wang):
    ask_code(contact=address, by=wang, now=NOW)
    with pytest.raises(RuleError, match="Wait a minute"):
        ask_code(contact=address, by=wang, now=NOW)
    for number in range(1, 5):
        ask_code(contact=address, by=wang, now=NOW + number * APART)
    with pytest.raises(RuleError, match="Five codes"):
        ask_code(contact=address, by=wang, now=NOW + 9 * MINUTE)


def test_only_an_address_in_use_gets_one(address, hua, wang):
    phone = hua.contact_points.get(kind="phone")
    mark_dead(contact=address, dead=True, by=wang, now=NOW)
    for contact in (phone, address):
        with pytest.raises(RuleError, match="e-mail address that is in use"):
            ask_code(contact=contact, by=wang, now=NOW)


def test_an_address_of_a_colleague_that_is_verified_proves_nobody(hua, wang):
    """Wang adds an address of his own, has a code sent there, and reads it out."""
    mine = parse_contact("wang.private@example.net")
    added = add_contact(customer=hua, contact=mine, note="", by=wang, now=NOW)
    code = ask_code(contact=added, by=wang, now=NOW)
    assert enter_code(contact=added, typed=code.code, by=wang, now=NOW)
    assert fresh(added).verified_at
    assert not proves_somebody(fresh(added), now=NOW + 29 * DAY)


def test_the_code_lies_sealed(address, wang):
    code = ask_code(contact=address, by=wang, now=NOW)
    with connection.cursor() as cursor:
        for table in (
            "customers_contactcode",
            "audit_logentry",
            "customers_customerevent",
        ):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert code.code not in str(cursor.fetchall())


def test_a_letter_that_cannot_be_made_is_noted(address, wang):
    ask_code(contact=address, by=wang, now=timezone.now())
    ContactCode.objects.update(code=None)
    tasks.sweep_codes()
    assert not mail.outbox
    assert ContactCode.objects.get().state == "failed"


def test_through_the_pages(address, hua, wang, chen):
    send = reverse("customers:contact-code-send", args=[hua.number, address.pk])
    enter = reverse("customers:contact-code", args=[hua.number, address.pk])
    browser = at_desk(wang)
    page = browser.get(reverse("customers:customer", args=[hua.number]))
    assert send in page.content.decode()
    assert browser.post(send)["Location"] == enter
    again = browser.post(send)
    assert again.status_code == 422
    assert "Wait a minute" in again.content.decode()
    code = ContactCode.objects.get()
    refused = browser.post(enter, {"code": wrong(code)})
    assert refused.status_code == 422
    assert "This is not the code" in refused.content.decode()
    assert fresh(code).tries == 1
    browser.post(enter, {"code": f" {code.code[:4]} {code.code[4:]} "})
    assert fresh(address).verified_at
    for name in (send, enter):
        assert at_desk(chen).post(name).status_code == 404
