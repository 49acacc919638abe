"""The customer's link: nobody guesses it, and it ends."""

import base64
import uuid

import pytest

from servicedesk.audit.models import Kind, LogEntry
from tests.desk import fresh
from tests.factories import DAY, NOW, TicketFactory
from tickets.links import (
    VALID_FOR,
    address_of,
    issue_link,
    read_token,
    revoke_links,
    token_of,
)


@pytest.fixture
def link(ticket):
    return issue_link(ticket=ticket, now=NOW)


def test_the_link_of_a_letter_opens_its_ticket(link, ticket, settings):
    found = read_token(token_of(link), now=NOW)
    assert found.ticket == ticket
    address = address_of(link)
    assert address.startswith(settings.BASE_URL + "/")
    assert token_of(link) in address


def test_letters_of_one_ticket_carry_one_link(link, ticket):
    assert issue_link(ticket=ticket, now=NOW + DAY) == link
    assert ticket.links.count() == 1


def test_a_link_lasts_90_days(link, ticket):
    assert VALID_FOR == 90 * DAY
    token = token_of(link)
    assert read_token(token, now=NOW + 90 * DAY - DAY)
    assert read_token(token, now=NOW + 90 * DAY) is None
    assert issue_link(ticket=ticket, now=NOW + 91 * DAY) != link


def test_a_revoked_link_opens_nothing(link, ticket):
    assert revoke_links(ticket=ticket, now=NOW) == 1
    assert read_token(token_of(link), now=NOW) is None
    again = issue_link(ticket=ticket, now=NOW + DAY)
    assert again != link
    assert read_token(token_of(again), now=NOW + DAY)
    assert fresh(link).revoked_at == NOW


def test_a_revoked_link_is_in_the_audit_log(link, ticket):
    before = LogEntry.objects.count()
    revoke_links(ticket=ticket, now=NOW)
    assert revoke_links(ticket=ticket, now=NOW + DAY) == 0
    assert LogEntry.objects.count() == before + 1
    entry = LogEntry.objects.latest("pk")
    assert (entry.action, entry.object_pk) == (Kind.UPDATE, str(link.pk))
    assert entry.changes == {"revoked_at": ["None", "2026-03-04 02:00:00"]}


def test_revoking_one_tickets_links_leaves_the_others(link, ticket):
    other = issue_link(ticket=TicketFactory(), now=NOW)
    revoke_links(ticket=ticket, now=NOW)
    assert read_token(token_of(other), now=NOW)


def test_any_change_of_the_token_is_refused(link):
    token = token_of(link)
    for place in range(len(token)):
        for other in "A_:":
            forged = token[:place] + other + token[place + 1 :]
            if forged != token:
                assert read_token(forged, now=NOW) is None


def test_any_part_of_the_token_is_refused(link):
    token = token_of(link)
    for length in range(len(token)):
        assert read_token(token[:length], now=NOW) is None


@pytest.mark.parametrize(
    "token", ["", ":", "x" * 5000, "\x00", "中文:中文", "../..", "a:b:c", " "]
)
def test_nonsense_is_refused_without_a_crash(link, token):
    assert read_token(token, now=NOW) is None


def test_one_links_signature_does_not_open_another(link):
    other = issue_link(ticket=TicketFactory(), now=NOW)
    body, _signature = token_of(link).split(":")
    _body, signature = token_of(other).split(":")
    assert read_token(f"{body}:{signature}", now=NOW) is None


def test_a_token_signed_for_something_else_is_refused(link):
    from django.core import signing  # noqa: PLC0415

    body = token_of(link).split(":")[0]
    assert read_token(signing.Signer().sign(body), now=NOW) is None


def test_a_well_signed_token_of_no_link_is_refused(link):
    from tickets.links import _SIGNER  # noqa: PLC0415

    unknown = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    assert read_token(_SIGNER.sign(unknown), now=NOW) is None


def test_the_token_tells_nothing_of_the_ticket(link, ticket):
    token = token_of(link)
    for known in (ticket.number, ticket.pk.hex, str(ticket.pk), ticket.customer.code):
        assert known not in token
    packed = base64.urlsafe_b64encode(ticket.pk.bytes).rstrip(b"=").decode()
    assert packed not in token
    assert len(token.split(":")[1]) >= 40, "a signature too long to guess"
