"""The letter's link is changed for a cookie: no page's address is a key."""

import re

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client

from customers.models import Customer
from servicedesk.core.link_cookies import MOST
from tests.factories import TicketFactory
from tests.tickets.customer_page.ways import (
    ENGLISH,
    address,
    file_of,
    opened,
    state,
    words,
)
from tickets import links
from tickets.views import public_link

pytestmark = pytest.mark.django_db
ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_link_leads_on_to_an_address_that_opens_nothing_by_itself(
    client, ticket, now
):
    link = address(ticket, now)
    answer = client.get(link)

    assert answer.status_code == 302
    assert re.fullmatch(rf"/r/{ID}/", answer.url)
    assert "no-store" in answer.headers["Cache-Control"]
    assert ticket.subject in client.get(answer.url).content.decode()
    assert Client().get(answer.url).status_code == 404


def test_the_cookie_is_closed_to_scripts_and_other_sites(client, page):
    cookie = client.cookies[settings.LINKS_COOKIE_NAME]
    assert cookie["path"] == "/"
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["domain"] == ""
    assert cookie["max-age"] == links.VALID_FOR.total_seconds()


def test_no_address_in_the_page_and_none_that_it_leads_to_holds_the_token(
    client, ticket, page, li_na, now
):
    token = links.token_of(ticket.links.get())
    file_of(ticket, now, by=li_na)

    told = client.get(page, **ENGLISH).content.decode()

    assert token not in told
    assert f"{page}files/" in told
    sent = client.post(f"{page}reply/", words())
    assert sent.url == page
    assert "One more thing." in client.get(page).content.decode()


def test_two_requests_of_one_person_are_open_side_by_side(client, ticket, now):
    contact = ticket.customer.contact_points.get().value
    other = TicketFactory(now=now, subject="Toaster burns", contact=contact)
    first, second = opened(client, ticket, now), opened(client, other, now)

    assert Customer.objects.count() == 1
    assert "Kettle does not heat" in client.get(first).content.decode()
    assert "Toaster burns" in client.get(second).content.decode()


def test_of_many_links_the_one_opened_longest_ago_goes(client, ticket, now):
    first = opened(client, ticket, now)
    second = opened(client, TicketFactory(now=now), now)
    opened(client, ticket, now)
    for _number in range(MOST - 1):
        opened(client, TicketFactory(now=now), now)

    assert client.get(second).status_code == 404
    assert client.get(first).status_code == 200
    assert len(client.cookies[settings.LINKS_COOKIE_NAME].value) < 1500


def test_the_cookie_of_one_page_opens_no_other(client, ticket, now):
    other = TicketFactory(now=now, subject="Toaster burns")
    opened(client, ticket, now)
    hers = opened(Client(), other, now)
    mine = links.token_of(ticket.links.get())
    held = [(hers.split("/")[2].replace("-", ""), mine)]
    cookie = signing.dumps(held, salt=public_link.COOKIE.salt, compress=True)
    client.cookies[settings.LINKS_COOKIE_NAME] = cookie

    assert client.get(hers).status_code == 404
    assert client.post(f"{hers}reply/", words()).status_code == 404


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_a_link_that_is_no_longer_good_ends_what_the_browser_holds(
    client, ticket, page, now, ended
):
    if ended == "revoked":
        links.revoke_links(ticket=ticket, now=now)
    else:
        ticket.links.update(expires_at=now)
    before = state()

    assert client.get(page).status_code == 404
    assert client.post(f"{page}reply/", words()).status_code == 404
    assert client.get(address_again(ticket)).status_code == 404
    assert state() == before


def address_again(ticket):
    return f"/r/{links.token_of(ticket.links.get())}/"


def test_a_form_that_was_open_since_before_is_sent_on(client, ticket, now):
    sent = client.post(f"{address(ticket, now)}reply/", words(), follow=True)

    assert [status for _url, status in sent.redirect_chain] == [307, 302]
    assert "One more thing." in sent.content.decode()
    assert ticket.messages.filter(body="One more thing.").count() == 1


@pytest.mark.parametrize("rest", ["//evil.example/", "../../inbox/", "%0d%0aX: y"])
def test_nothing_behind_the_link_leads_elsewhere(client, ticket, now, rest):
    answer = client.get(f"{address(ticket, now)}{rest}")

    assert answer.status_code in {302, 404}
    if answer.status_code == 302:
        assert answer.url.startswith("/r/")
        assert "\n" not in answer.url
    assert client.get("/inbox/").status_code == 302


def test_who_only_has_the_address_is_told_to_open_the_link(ticket, page):
    told = Client().get(page, **ENGLISH)

    assert told.status_code == 404
    assert "Please open the link once more." in told.content.decode()
