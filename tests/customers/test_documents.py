"""Records of processing and impact assessments: every version stays for three years."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import PrivacyDocument, PrivacyDocumentVersion
from tests.customers.persons import ding
from tests.desk import desk, wang
from tests.factories import DAY, UserFactory

__all__ = ["desk", "ding", "wang"]
SAID = {
    "kind": "assessment", "title": "Live chat", "purpose": "To answer at once",
    "data": "Names, words", "risks": "Staff read along", "measures": "Masks",
    "next_review": "2027-03-01",
}  # fmt: skip


def of(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def document(ding):
    of(ding).post("/customers/documents/new/", SAID)
    return PrivacyDocument.objects.get()


def test_each_change_is_a_version_and_the_old_one_can_be_read(document, ding):
    page = reverse("customers:document", args=[document.pk])
    edit = reverse("customers:document-edit", args=[document.pk])
    assert "To answer at once" in of(ding).get(edit).content.decode()
    of(ding).post(edit, SAID | {"purpose": "To answer within 3 seconds"})

    assert "within 3 seconds" in of(ding).get(page).content.decode()
    assert "To answer at once" in of(ding).get(f"{page}?version=1").content.decode()
    assert document.versions.count() == 2


def test_the_database_keeps_a_version_for_three_years(document, ding):
    young = document.versions.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        young.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PrivacyDocumentVersion.objects.update(purpose="Something else")
    old = PrivacyDocumentVersion.objects.create(
        document=document, number=9, author=ding, purpose="x", data="x", risks="x",
        measures="x", made_at=timezone.now() - 3 * 366 * DAY,
    )  # fmt: skip
    old.delete()


def test_officers_write_management_reads_others_see_nothing(document, wang):
    boss = UserFactory(display_name="Boss", role="management")
    page = reverse("customers:document", args=[document.pk])
    edit = reverse("customers:document-edit", args=[document.pk])

    for address in ("/customers/documents/", page, edit):
        assert Client().get(address).status_code == 302
        assert of(wang).get(address).status_code == 404
    assert of(boss).get("/customers/documents/").status_code == 200
    assert of(boss).get(page).status_code == 200
    assert of(boss).get(edit).status_code == 403


def test_a_review_that_is_late_shows(document, ding):
    PrivacyDocument.objects.update(next_review=dt.date(2020, 1, 1))

    assert "overdue" in of(ding).get("/customers/documents/").content.decode()
