"""A key is lost, or values were altered: every page of a customer opens and says so."""

import io
import re

import pytest
import pyzipper
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.actions import care, export, package, package_files
from customers.actions.contact_codes import ask_code
from customers.actions.corrections import ask_correction
from customers.models import (
    CareContact,
    CareOutcome,
    CarePlan,
    Consent,
    PaymentRecord,
    RightsPackage,
)
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.sheets import csv_lines, rows_of
from tests.core.encryption_app.fixtures import keys
from tests.customers import moving
from tests.customers.looks import allow, at_desk
from tests.customers.persons import asked_by
from tests.desk import fresh
from tests.factories import (
    DAY,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    TicketFactory,
    team_of,
)

assert keys  # a fixture
KEY, ALTERED = "the key 1 is missing", "the value was altered"
CHINESE = {KEY: "缺少密钥1", ALTERED: "数据已被改动"}
CLEAR = ("李华", "13812345678", "li.hua@example.com", "南京路", "6222020200001234567",
         "请在上午联系", "换了耳垫", "李骅")  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def lose_the_key(keys):
    keys.add("field", 2)
    keys.lose("field", 1)
    return KEY


def alter(_keys):
    """Change the last byte of every sealed value of customers."""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("customers").get_models():
            for field in model._meta.local_fields:
                if isinstance(field, SealedTextField):
                    column = f'"{field.column}"'
                    cursor.execute(
                        f"UPDATE {model._meta.db_table} SET {column} = set_byte({column},"
                        f" length({column}) - 1, get_byte({column}, length({column}) - 1)"
                        f" # 1) WHERE length({column}) > 0"
                    )
    return ALTERED


@pytest.fixture
def everything(keys, hua, zhao, officer):
    """A customer of whom something sealed lies in every part."""
    ticket = TicketFactory(name="李华", contact="13812345678", subject="headphones")
    assert ticket.customer == hua
    mail = ContactPointFactory(customer=hua, value="li.hua@example.com")
    PaymentRecord.objects.create(
        customer=hua, method="card", account="6222020200001234567", amount="1.00",
        paid_at=NOW, created_at=NOW,
    )  # fmt: skip
    Consent.objects.create(
        customer=hua, purpose="care", basis="consent", way="phone", given_at=NOW
    )
    plan = CarePlan.objects.create(
        name_zh="问候", name_en="Twice a year", kind="satisfaction",
        team=team_of("call-centre"), quiet_days=1, every_days=180,
    )  # fmt: skip
    called = CareContact.objects.create(plan=plan, customer=hua, due_at=NOW)
    care.record(
        contact=called, outcome=CareOutcome.HELPED, words="换了耳垫", by=zhao, now=NOW
    )
    asked = asked_by(hua, "correct", by=officer, words="我叫李骅")
    ask_correction(asked=asked, field="name", proposed="李骅", now=NOW)
    ask_code(contact=mail, by=zhao, now=timezone.now())
    allow(zhao, hua, "see_payment")
    return ticket, asked, called


@pytest.fixture(params=[lose_the_key, alter], ids=lambda fault: fault.__name__)
def said(request, keys, everything):
    return request.param(keys)


def shown(browser, address, status=200):
    answer = browser.get(address)
    text = answer.content.decode()
    assert answer.status_code == status, address
    assert not re.search(r"\bNone\b(?! available)", text), address
    assert not [value for value in CLEAR if value in text], address
    return text


def test_every_page_of_the_record_opens_and_says_so(said, everything, hua, zhao):
    _ticket, _asked, called = everything
    browser = at_desk(zhao)
    says = {"customer", "edit", "payments"}
    for name in ("customer", "edit", "timeline", "purchases", "payments", "consents",
                 "history", "access", "care-panel", "rights-panel", "merge", "team",
                 "contact-add"):  # fmt: skip
        text = shown(browser, reverse(f"customers:{name}", args=[hua.number]))
        assert (said in text) or name not in says, name
    assert said in shown(browser, reverse("customers:care-contact", args=[called.pk]))
    for field in ("name", "address"):
        shown(browser, reverse("customers:reveal", args=[hua.number, field]))
    for contact in hua.contact_points.all():
        for name in ("contact-verify", "contact-dead", "contact-remove"):
            shown(browser, reverse(f"customers:{name}", args=[hua.number, contact.pk]))


def test_lists_search_and_the_ticket_say_so(said, everything, hua, zhao):
    ticket, _asked, _called = everything
    browser = at_desk(zhao)
    assert said in shown(browser, reverse("customers:list"))
    shown(browser, reverse("customers:duplicates"))
    assert said in shown(browser, reverse("tickets:ticket", args=[ticket.number]))
    # What is found by its blind index is found all the same.
    found = browser.post(reverse("customers:search"), {"words": "13812345678"})
    assert found.url == reverse("customers:customer", args=[hua.number])
    CustomerFactory(name="王芳")
    several = browser.post(reverse("customers:search"), {"words": "李华"}, follow=True)
    assert several.status_code == 200


def test_requests_of_the_person_say_so_and_are_not_decided_blindly(
    said, everything, officer
):
    _ticket, asked, _called = everything
    browser = at_desk(officer)
    one = reverse("customers:rights-request", args=[asked.number])
    assert shown(browser, one).count(said) >= 2, "the words, and the correction"
    shown(browser, reverse("customers:rights"))
    accept = reverse(
        "customers:correction-accept", args=[asked.number, asked.corrections.get().pk]
    )
    refused = browser.post(accept, follow=True).content.decode()
    assert "Cannot be read" in refused
    assert asked.corrections.get().state == "open"


def test_an_export_says_so_in_each_cell(said, everything, hua, zhao, officer):
    wanted = export.ask(
        by=zhao, purpose="service", reason="r", filters={}, format="csv",
        columns=["number", "name", "phone", "email", "address"], now=NOW,
    )  # fmt: skip
    export.decide(export=wanted, approve=True, by=officer, now=NOW)
    moving.work()
    [row] = [
        each
        for each in rows_of(b"".join(csv_lines(export.table_of(fresh(wanted), NOW))))
        if each[0] == hua.code
    ]
    assert all(said in cell for cell in row[1:5]), row


def test_a_package_says_so_in_each_value(said, everything, hua, officer):
    asked = asked_by(hua, "access", by=officer)
    made = package.ask_package(asked=asked, by=officer, now=NOW + DAY)
    moving.work(NOW + DAY)
    made = RightsPackage.objects.get(pk=made.pk)
    assert made.state == "ready"
    password = package.tell_password(package=made, by=officer, now=NOW + DAY)
    content = package_files.path_of(made.pk).read_bytes()
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        [told] = [
            archive.read(name) for name in archive.namelist() if name.endswith(".json")
        ]
    # In the person's own language.
    assert CHINESE[said] in told.decode()
