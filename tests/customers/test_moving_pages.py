"""Who gets to the pages of imports and exports, and what stands on them."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.actions import export as acts
from customers.models import Customer, ExportRequest, ImportBatch
from tests.customers.moving import check, csv, run, upload, work
from tests.desk import chen, desk, wang, zhao
from tests.factories import (
    MINUTE,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
)

__all__ = ["chen", "desk", "wang", "zhao"]


@pytest.fixture(autouse=True)
def _nobody_was_here_before(db):
    cache.clear()


@pytest.fixture
def qian(desk):
    return UserFactory(display_name="Qian Yu", role="data_protection_officer")


def as_(user, **more):
    client = Client(**more)
    client.force_login(user)
    return client


def file(content=None, name="customers.csv"):
    return SimpleUploadedFile(name, csv() if content is None else content, "text/csv")


def export_of(by):
    CustomerFactory(name="李华")
    return acts.ask(
        by=by, purpose="service", reason="Call-backs", columns=["number", "name"],
        filters={}, format="csv", now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("imports", ""), ("import", "import"), ("import-forget", "import"),
        ("exports", ""), ("export-ask", ""), ("export", "export"),
    ],
)  # fmt: skip
def test_each_page_is_closed_but_to_those_who_work_with_it(
    name, kind, wang, zhao, client
):
    args = {"import": lambda: [upload(zhao).pk], "export": lambda: [export_of(zhao).pk]}
    address = reverse(f"customers:{name}", args=args[kind]() if kind else [])
    assert client.get(address).status_code == 302
    assert as_(wang).get(address).status_code == 404
    assert as_(zhao).get(address).status_code == 200


def test_another_supervisor_does_not_see_my_file(zhao):
    other = UserFactory(display_name="Ma Li", role="supervisor", team="call-centre")
    batch = upload(zhao)
    assert (
        as_(other).get(reverse("customers:import", args=[batch.pk])).status_code == 404
    )


def test_a_file_goes_the_whole_way_through_the_pages(zhao):
    client = as_(zhao, enforce_csrf_checks=True)
    page = client.get(reverse("customers:imports"))
    token = page.context["csrf_token"]
    sent = client.post(
        reverse("customers:imports"),
        {"file": file(), "csrfmiddlewaretoken": str(token)},
    )
    batch = ImportBatch.objects.get()
    address = reverse("customers:import", args=[batch.pk])
    assert sent.url == address
    work(timezone.now() + MINUTE)
    page = client.get(address)
    text = page.content.decode()
    assert "张*" in text
    assert "张伟" not in text
    assert "138****5678" in text
    form = page.context["form"]
    given = {name: form[name].value() or "" for name in form.fields}
    given |= {"basis": "contract", "way": "form", "csrfmiddlewaretoken": str(token)}
    assert client.post(address, given).url == address
    work(timezone.now() + MINUTE)
    assert "nothing is written yet" in client.get(address).content.decode()
    begin = reverse("customers:import-begin", args=[batch.pk])
    client.post(begin, {"csrfmiddlewaretoken": str(token)})
    work(timezone.now() + MINUTE)
    assert Customer.objects.count() == 2
    page = client.get(address).content.decode()
    assert "What came of it" in page
    rejected = reverse("customers:import-rejected", args=[batch.pk])
    answer = client.post(rejected, {"csrfmiddlewaretoken": str(token)})
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "赵强,12" in body
    assert answer["Content-Disposition"] == 'attachment; filename="rejected.csv"'


def test_a_form_without_its_token_takes_no_file(zhao):
    client = as_(zhao, enforce_csrf_checks=True)
    assert (
        client.post(reverse("customers:imports"), {"file": file()}).status_code == 403
    )
    assert not ImportBatch.objects.exists()


def test_a_file_of_another_kind_or_size_is_refused_in_words(zhao, monkeypatch):
    client = as_(zhao)
    answer = client.post(reverse("customers:imports"), {"file": file(name="a.exe")})
    assert answer.status_code == 422
    assert "Choose a CSV or an XLSX file." in answer.content.decode()
    monkeypatch.setattr("customers.views.uploads.MOST_BYTES", -(2**21))
    assert (
        client.post(reverse("customers:imports"), {"file": file()}).status_code == 413
    )
    assert not ImportBatch.objects.exists()


def test_an_upload_leaves_nothing_on_the_disk(zhao, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    big = csv(*[f"客户{n},138{n:08},,,,,," for n in range(60_000)])
    assert len(big) > 1024 * 1024
    answer = as_(zhao).post(reverse("customers:imports"), {"file": file(big)})
    assert answer.status_code == 302


def test_a_file_is_deleted_after_a_question(zhao):
    batch = run(check(upload(zhao)))
    address = reverse("customers:import-forget", args=[batch.pk])
    assert "for good" in as_(zhao).get(address).content.decode()
    as_(zhao).post(address)
    batch.refresh_from_db()
    assert batch.forgotten_at
    page = as_(zhao).get(reverse("customers:import", args=[batch.pk]))
    assert "no longer kept" in page.content.decode()


def test_an_export_is_asked_approved_and_fetched_through_the_pages(zhao, qian):
    hua = CustomerFactory(name="李华")
    ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    mine, theirs = as_(zhao), as_(qian)
    asked = mine.post(
        reverse("customers:export-ask"),
        {"purpose": "service", "reason": "Call-backs", "columns": ["number", "name", "phone"],
         "format": "xlsx"},
    )  # fmt: skip
    export = ExportRequest.objects.get()
    assert asked.url == reverse("customers:export", args=[export.pk])
    page = mine.get(asked.url).content.decode()
    assert "Somebody else has to approve" in page
    decide = reverse("customers:export-decide", args=[export.pk])
    assert mine.post(decide, {"decision": "approve"}).status_code == 302
    export.refresh_from_db()
    assert export.state == "asked"
    theirs.post(decide, {"decision": "approve"})
    work(timezone.now() + MINUTE)
    fetch = reverse("customers:export-fetch", args=[export.pk])
    answer = mine.post(fetch)
    assert answer["Content-Disposition"].endswith('.xlsx"')
    assert "李华".encode() not in answer.content
    assert theirs.post(fetch).status_code == 302


def test_promotion_is_refused_with_the_rule(zhao):
    CustomerFactory()
    answer = as_(zhao).post(
        reverse("customers:export-ask"),
        {"purpose": "promotion", "reason": "x", "columns": ["name"], "format": "csv"},
    )
    assert answer.status_code == 422
    assert "selling or promotion" in answer.content.decode()


def test_a_stranger_cannot_decide_and_the_asker_can_withdraw(zhao, wang):
    export = export_of(zhao)
    decide = reverse("customers:export-decide", args=[export.pk])
    assert as_(wang).post(decide, {"decision": "approve"}).status_code == 404
    assert (
        as_(zhao)
        .post(reverse("customers:export-withdraw", args=[export.pk]))
        .status_code
        == 302
    )
    export.refresh_from_db()
    assert export.state == "withdrawn"


@pytest.mark.parametrize("number", [1, 3])
def test_lists_cost_the_same_however_long(zhao, number, django_assert_max_num_queries):
    for _each in range(number):
        upload(zhao)
        export_of(zhao)
    client = as_(zhao)
    for name in ("imports", "exports"):
        client.get(reverse(f"customers:{name}"))
        with django_assert_max_num_queries(8):
            client.get(reverse(f"customers:{name}"))
