"""The pages on which a person asks about their data, without login."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import tasks
from customers.actions.package import ask_package, tell_password
from customers.links import new_link, token_of
from customers.models import (
    Consent,
    RightsLinkPurpose,
    RightsRequest,
    RightsState,
    RightsWish,
)
from servicedesk.core import public_forms
from servicedesk.core.models import Notification
from tests.core.test_jobs import work
from tests.customers.persons import ding, guo, zhang
from tests.desk import desk, fresh, wang

__all__ = ["desk", "ding", "guo", "wang", "zhang"]
FORM = "/help/my-data/"


@pytest.fixture(autouse=True)
def _fresh(desk, settings, tmp_path):
    cache.clear()
    settings.MEDIA_ROOT = tmp_path
    yield
    cache.clear()


@pytest.fixture
def client():
    """Somebody whose browser speaks English."""
    return Client(headers={"accept-language": "en"})


def opened():
    """Return the stamp of a form that was opened a while ago."""
    moment = timezone.now() - 5 * public_forms.SOONEST
    return public_forms.stamp(moment)


def ask(client, contact="zhang.wei@example.com", kind="access", **more):
    given = {"contact": contact, "kind": kind, "words": "", "opened": opened(), **more}
    return client.post(FORM, given)


def link_in(letter):
    return re.search(r"https?://[^/]+(/help/my-data/\S+)", letter.body)[1]


def follow(client, letter):
    """Open the link of a letter; return the address of the page behind it."""
    answer = client.get(link_in(letter))
    assert answer.status_code == 302
    return answer.url


def confirmed(client, kind):
    """Ask, take the link from the letter, and say that it was me; the page's address."""
    ask(client, kind=kind)
    tasks.sweep_rights_letters()
    page = follow(client, mail.outbox[-1])
    client.post(f"{page}confirm/")
    return page


def test_the_answer_never_tells_whether_somebody_is_known(client, zhang):
    known = ask(client)
    unknown = ask(client, contact="nobody@example.com")
    phone = ask(client, contact="13812345678", kind="explain")

    assert known.status_code == unknown.status_code == phone.status_code == 302
    assert known["Location"] == unknown["Location"] == phone["Location"]
    tasks.sweep_rights_letters()
    assert {row.customer for row in RightsRequest.objects.all()} == {zhang}
    assert not RightsWish.objects.exists()
    # Of the telephone number staff have to ask; nothing goes by e-mail.
    assert [letter.to for letter in mail.outbox] == [["zhang.wei@example.com"]]


def test_a_click_on_the_link_is_the_check_and_looking_is_not(client, zhang):
    ask(client)
    tasks.sweep_rights_letters()
    page = follow(client, mail.outbox[0])

    shown = client.get(page)
    client.head(f"{page}confirm/")
    client.get(f"{page}confirm/")
    asked = RightsRequest.objects.get()
    assert asked.state == RightsState.RECEIVED
    assert "张" not in shown.content.decode()
    assert shown["Cache-Control"] == "no-store, private"

    client.post(f"{page}confirm/")
    asked = fresh(asked)
    assert (asked.state, asked.checked_way) == (RightsState.CHECKED, "page")
    assert "work on it" in client.get(page).content.decode()


def test_the_click_is_for_the_words_that_were_typed(client, zhang):
    ask(client, kind="correct", words="My name is 张维")
    tasks.sweep_rights_letters()
    page = follow(client, mail.outbox[0])
    assert "My name is 张维" in client.get(page).content.decode()
    client.post(f"{page}confirm/")

    # What a stranger types later does not join the wish that was checked.
    ask(client, kind="correct", words="Send everything to me")
    tasks.sweep_rights_letters()
    assert RightsRequest.objects.get().words == "My name is 张维"


def test_officers_hear_of_it_once_it_is_known_who_asks(client, zhang, ding):
    ask(client)
    tasks.sweep_rights_letters()
    told = Notification.objects.filter(user=ding, kind="customers.rights_received")
    assert not told.exists()

    client.post(f"{follow(client, mail.outbox[0])}confirm/")
    assert told.count() == 1


def test_one_click_withdraws_a_consent(client, zhang):
    page = confirmed(client, "withdraw")
    assert "Care contacts" in client.get(page).content.decode()

    client.post(f"{page}withdraw/", {"purpose": "care"})

    consent = Consent.objects.get()
    assert consent.withdrawn_way == "page"
    assert RightsRequest.objects.get().state == RightsState.ANSWERED
    assert "withdrawn" in client.get(page).content.decode()


def test_before_the_click_nothing_can_be_done(client, zhang):
    ask(client, kind="withdraw")
    tasks.sweep_rights_letters()
    page = follow(client, mail.outbox[0])

    refused = client.post(f"{page}withdraw/", {"purpose": "care"})

    assert refused.status_code == 409
    assert Consent.objects.get().withdrawn_at is None


def test_the_person_takes_it_back(client, zhang):
    page = confirmed(client, "delete")

    assert (
        "taken your request back" in client.post(f"{page}take-back/").content.decode()
    )
    assert RightsRequest.objects.get().state == RightsState.WITHDRAWN
    assert client.get(page).status_code == 404


def test_the_package_is_downloaded_by_its_own_link_and_button(client, zhang, ding):
    page = confirmed(client, "access")
    asked = RightsRequest.objects.get()
    package = ask_package(asked=asked, by=ding, now=timezone.now())
    work(timezone.now())
    tasks.sweep_rights_letters()
    ready = follow(client, mail.outbox[-1])

    assert client.get(f"{ready}package/").status_code == 302
    assert client.post(f"{page}package/").status_code == 404  # the other link's page
    response = client.post(f"{ready}package/")
    assert response["Content-Disposition"] == f'attachment; filename="{asked.code}.zip"'
    assert b"".join(response.streaming_content)[:2] == b"PK"
    assert fresh(package).downloads == 1
    assert "4 more times" in client.get(ready).content.decode()
    assert tell_password(package=fresh(package), by=ding, now=timezone.now())


@pytest.mark.parametrize("act", ["", "confirm/", "withdraw/", "take-back/", "package/"])
def test_what_is_no_link_is_gone(client, act):
    forged = client.post(f"{FORM}forged/{act}") if act else client.get(f"{FORM}forged/")

    assert forged.status_code == 404
    assert "no longer open" in forged.content.decode()


def test_a_link_for_one_thing_opens_no_other(client, zhang, ding):
    ask(client)
    tasks.sweep_rights_letters()
    asked = RightsRequest.objects.get()
    link = new_link(request=asked, purpose=RightsLinkPurpose.ANSWER, now=timezone.now())
    page = client.get(reverse("customers:my-data-link", args=[token_of(link)])).url

    assert client.post(f"{page}confirm/").status_code == 404
    assert client.post(f"{page}package/").status_code == 404
    assert fresh(asked).state == RightsState.RECEIVED


def test_programs_are_stopped_and_people_are_not(client, zhang):
    trapped = ask(client, second_address="http://spam.example")
    quick = ask(client, opened=public_forms.stamp(timezone.now()))
    bad = ask(client, contact="call me")

    assert [each.status_code for each in (trapped, quick, bad)] == [422, 422, 422]
    assert not RightsWish.objects.exists()


def test_too_many_wishes_are_refused(client, zhang, settings):
    settings.PUBLIC_REQUESTS_PER_HOUR = 2
    answers = [ask(client, contact=f"n{n}@example.com").status_code for n in range(4)]

    assert answers == [302, 302, 429, 429]


def test_five_forms_are_one_letter(client, zhang):
    for _time in range(5):
        ask(client)
    tasks.sweep_rights_letters()

    assert len(mail.outbox) == 1


def test_the_form_asks_the_database_the_same_whoever_it_is(client, zhang):
    ask(client, contact="first@example.com")
    counts = []
    for contact in ("zhang.wei@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as seen:
            ask(client, contact=contact)
        counts.append([query["sql"].split()[0] for query in seen.captured_queries])

    assert counts[0] == counts[1]
    assert len(RightsWish.objects.all()) == 3
