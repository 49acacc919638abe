"""Whoever takes data out of the desk proves anew who they are: a session is not enough."""

import pytest
from django.urls import reverse

from customers.actions import export, package
from customers.models import ExportRequest, ImportProblem
from tests.customers import moving
from tests.customers.looks import at_desk
from tests.customers.persons import asked_by
from tests.factories import NOW, UserFactory

PASSWORD = "correct-horse-battery"  # of a person who does not exist


@pytest.fixture
def zhao_with_password(zhao):
    zhao.set_password(PASSWORD)
    zhao.save()
    return zhao


def long_ago(user):
    """Return a browser whose person proved who they are an hour ago."""
    browser = at_desk(user)
    browser.get(reverse("customers:exports"))
    session = browser.session
    session["began_at"] -= 3600
    session.save()
    return browser


def proving(answer):
    return answer.status_code == 302 and "/reauthenticate/" in answer["Location"]


def asked(by, hua):
    return export.ask(
        by=by, purpose="service", reason="Call-backs", columns=["number", "name"],
        filters={}, format="csv", now=NOW,
    )  # fmt: skip


def test_asking_for_an_export_asks_who_one_is(zhao, hua):
    browser = long_ago(zhao)
    address = reverse("customers:export-ask")
    assert proving(browser.get(address))
    given = {"purpose": "service", "reason": "x", "columns": ["name"], "format": "csv"}
    assert proving(browser.post(address, given))
    assert not ExportRequest.objects.exists()


def test_approving_and_fetching_ask_who_one_is(zhao_with_password, officer, hua):
    wanted = asked(zhao_with_password, hua)
    decide = reverse("customers:export-decide", args=[wanted.pk])
    assert proving(long_ago(officer).post(decide, {"decision": "approve"}))
    wanted.refresh_from_db()
    assert wanted.state == "asked"
    # To refuse gives nothing away.
    another = asked(zhao_with_password, hua)
    long_ago(officer).post(
        reverse("customers:export-decide", args=[another.pk]), {"decision": "refuse"}
    )
    another.refresh_from_db()
    assert another.state == "refused"

    at_desk(officer).post(decide, {"decision": "approve"})
    moving.work()
    browser = long_ago(zhao_with_password)
    fetch = reverse("customers:export-fetch", args=[wanted.pk])
    answer = browser.post(fetch)
    assert proving(answer)
    wanted.refresh_from_db()
    assert wanted.downloads == 0
    back = browser.post(answer["Location"], {"password": PASSWORD})
    assert back.url == reverse("customers:export", args=[wanted.pk])
    assert "do it once more" in browser.get(back.url).content.decode()


def test_a_package_and_its_password_ask_who_one_is(officer, hua):
    request = asked_by(hua, "access", by=officer)
    browser = long_ago(officer)
    for name in ("rights-package", "rights-password", "rights-mail-password"):
        assert proving(
            browser.post(reverse(f"customers:{name}", args=[request.number]))
        )
    assert not request.packages.exists()
    made = package.ask_package(asked=request, by=officer, now=NOW)
    moving.work()
    made.refresh_from_db()
    address = reverse("customers:rights-password", args=[request.number])
    told = long_ago(officer).post(address)
    assert proving(told)
    made.refresh_from_db()
    assert made.password
    assert at_desk(officer).post(address).status_code == 200


def test_rejected_rows_ask_who_one_is(zhao, hua):
    batch = moving.check(moving.upload(zhao))
    assert ImportProblem.objects.filter(batch=batch).exists()
    address = reverse("customers:import-rejected", args=[batch.pk])
    assert proving(long_ago(zhao).post(address))
    assert at_desk(zhao).post(address).status_code == 200


def test_who_may_not_is_told_nothing_of_a_proof(wang, zhao, hua):
    wanted = asked(zhao, hua)
    stranger = UserFactory(role="trainer")
    for person in (wang, stranger):
        browser = at_desk(person)
        for name in ("export-decide", "export-fetch"):
            address = reverse(f"customers:{name}", args=[wanted.pk])
            assert browser.post(address).status_code == 404
