"""A person says which field is wrong and how it should read; somebody corrects it, or not."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.actions import rights
from customers.actions.corrections import (
    accept_correction,
    ask_correction,
    decline_correction,
)
from customers.actions.erase import erase_customer
from customers.actions.identify import Contact
from customers.actions.rights import check_by_link
from customers.actions.wishes import look_into, write_wish
from customers.links import new_link, token_of
from customers.models import (
    Consent,
    ContactKind,
    Correction,
    CustomerEvent,
    ErasureBasis,
    RightsLinkPurpose,
    RightsRequest,
    RightsWish,
)
from customers.queries.proof import proves_somebody
from servicedesk.core.errors import RuleError
from tests.customers.looks import at_desk
from tests.customers.persons import asked_by
from tests.desk import fresh
from tests.factories import DAY, NOW, ContactPointFactory

EMAIL = "li.hua@example.com"


@pytest.fixture
def asked(hua, second_officer):
    """Li Hua was checked at the telephone, and wants something corrected."""
    return asked_by(hua, "correct", by=second_officer)


def wants(asked, field="name", proposed="李骅"):
    return ask_correction(asked=asked, field=field, proposed=proposed, now=NOW)


def test_to_accept_it_is_to_correct_the_record_with_its_history(asked, hua, officer):
    accept_correction(correction=wants(asked), by=officer, now=NOW)
    assert fresh(hua).name == "李骅"
    event = CustomerEvent.objects.get(customer=hua, kind="changed")
    assert (event.fields, event.by) == (["name"], officer)


def test_a_new_number_stands_beside_the_old_and_proves_nobody_yet(asked, hua, officer):
    correction = wants(asked, "phone", "139 1234 5678")
    accept_correction(correction=correction, by=officer, now=NOW)
    _old, added = hua.contact_points.order_by("pk")
    assert added.value == "+8613912345678"
    assert not proves_somebody(added, now=NOW + DAY)


def test_a_new_id_number_brings_its_consent(asked, hua, officer):
    correction = wants(asked, "id_number", "11010119900307221X")
    accept_correction(correction=correction, by=officer, now=NOW)
    assert fresh(hua).id_number == "11010119900307221X"
    assert Consent.objects.filter(customer=hua, purpose="sensitive").exists()


def test_to_decline_it_takes_a_reason_which_the_person_reads(asked, hua, officer):
    correction = wants(asked, "address", "北京市")
    with pytest.raises(RuleError, match="reason"):
        decline_correction(correction=correction, reason=" ", by=officer, now=NOW)
    with pytest.raises(RuleError, match="each correction"):
        rights.answer(asked=asked, words="Done", by=officer, now=NOW)
    decline_correction(
        correction=correction, reason="No such street.", by=officer, now=NOW
    )
    assert fresh(hua).address == "上海市南京路 1 号"
    rights.answer(asked=asked, words="Thank you.", by=officer, now=timezone.now())
    link = new_link(
        request=fresh(asked), purpose=RightsLinkPurpose.ANSWER, now=timezone.now()
    )
    address = reverse("customers:my-data-link", args=[token_of(link)])
    page = Client().get(address, headers={"accept-language": "en"}, follow=True)
    told = page.content.decode()
    assert "Declined: No such street." in told
    assert "北京" not in told


def test_nothing_is_corrected_before_the_identity_is_checked(hua, officer):
    unknown = asked_by(hua, "correct", by=officer, checked=False)
    with pytest.raises(RuleError, match="identity"):
        accept_correction(correction=wants(unknown), by=officer, now=NOW)
    assert fresh(hua).name == "李华"


@pytest.mark.parametrize(
    ("field", "proposed", "why"),
    [("email", "13912345678", "no e-mail"), ("phone", "a@example.com", "no phone"),
     ("name", "  ", "how it should read")],
)  # fmt: skip
def test_what_is_none_is_not_taken_down(asked, field, proposed, why):
    with pytest.raises(RuleError, match=why):
        wants(asked, field, proposed)


def test_it_is_decided_once_and_one_of_a_field_waits(asked, officer):
    correction = wants(asked)
    with pytest.raises(RuleError, match="already"):
        wants(asked, "name", "李花")
    decline_correction(correction=correction, reason="x", by=officer, now=NOW)
    with pytest.raises(RuleError, match="already"):
        accept_correction(correction=correction, by=officer, now=NOW)


def test_what_was_proposed_lies_sealed_and_goes_with_the_person(
    asked, hua, settings, tmp_path
):
    settings.ERASURES_DIR = tmp_path
    wants(asked)
    with connection.cursor() as cursor:
        for table in ("customers_correction", "audit_logentry"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert "李骅" not in str(cursor.fetchall())
    erase_customer(customer=fresh(hua), basis=ErasureBasis.REQUEST, now=NOW)
    assert not Correction.objects.exists()


def test_from_the_public_form_to_the_corrected_record(hua, officer):
    mail = ContactPointFactory(customer=hua, value=EMAIL, created_at=NOW - 60 * DAY)
    visitor = Client()
    opened = visitor.get(reverse("customers:my-data-form")).context["form"]
    begun = timezone.now() - dt.timedelta(seconds=30)
    form = type(opened)(now=begun)
    sent = visitor.post(
        reverse("customers:my-data-form"),
        {"contact": EMAIL, "kind": "correct", "field": "name", "proposed": "李骅",
         "words": "", "opened": form.initial["opened"]},
    )  # fmt: skip
    assert sent.status_code == 302, sent.content.decode()
    look_into(pk=RightsWish.objects.get().pk)
    asked = RightsRequest.objects.get()
    link = new_link(
        request=asked, purpose=RightsLinkPurpose.IDENTITY, now=timezone.now()
    )
    page = reverse("customers:my-data-link", args=[token_of(link)])
    assert "李骅" in visitor.get(page, follow=True).content.decode()
    check_by_link(link=link, now=timezone.now())
    assert fresh(mail).verified_at

    browser = at_desk(officer)
    one = reverse("customers:rights-request", args=[asked.number])
    told = browser.get(one).content.decode()
    assert "李*" in told
    assert "李骅" in told
    accept = reverse(
        "customers:correction-accept", args=[asked.number, Correction.objects.get().pk]
    )
    assert accept in told
    browser.post(accept)
    assert fresh(hua).name == "李骅"


def test_a_strangers_words_join_no_request_that_is_open(hua, asked):
    ContactPointFactory(customer=hua, value=EMAIL, created_at=NOW - 60 * DAY)
    wish = write_wish(
        contact=Contact(ContactKind.EMAIL, EMAIL), kind="correct", words="",
        field="name", proposed="王五", now=NOW + DAY,
    )  # fmt: skip
    look_into(pk=wish.pk)
    assert not Correction.objects.exists()


def test_only_officers_decide(asked, wang, zhao, officer):
    correction = wants(asked)
    for name, args in (
        ("correction-add", [asked.number]),
        ("correction-accept", [asked.number, correction.pk]),
        ("correction-decline", [asked.number, correction.pk]),
    ):
        address = reverse(f"customers:{name}", args=args)
        assert at_desk(wang).post(address).status_code in {403, 404}
        assert at_desk(zhao).post(address).status_code in {403, 404}
    assert fresh(correction).state == "open"
    add = reverse("customers:correction-add", args=[asked.number])
    browser = at_desk(officer)
    refused = browser.post(add, {"field": "email", "proposed": "nothing"})
    assert refused.status_code == 422
    browser.post(add, {"field": "email", "proposed": "new@example.com"})
    assert asked.corrections.count() == 2
    decline = reverse(
        "customers:correction-decline", args=[asked.number, correction.pk]
    )
    assert browser.get(decline).status_code == 200
    browser.post(decline, {"words": "The register says otherwise."})
    assert fresh(correction).reason == "The register says otherwise."
