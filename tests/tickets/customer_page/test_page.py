"""The customer's own page: what it shows, and what it never tells."""

import datetime as dt
import re

import pytest
from django.core.files.base import ContentFile

from tests.factories import TicketFactory, UserFactory
from tests.tickets.customer_page.ways import (
    CHINESE,
    ENGLISH,
    opened,
    state,
)
from tickets import links
from tickets.actions.escalate import escalate
from tickets.actions.reply import note, reply
from tickets.models import (
    FollowUp,
)

pytestmark = pytest.mark.django_db


def test_the_page_shows_number_subject_status_and_the_conversation(
    client, page, ticket, li_na, now
):
    reply(ticket=ticket, body="We look into it.", by=li_na, now=now)

    told = client.get(page, **ENGLISH).content.decode()

    for part in (ticket.number, "Kettle does not heat", "We look into it.", "李娜"):
        assert part in told
    assert "Being worked on" in told


@pytest.mark.parametrize("languages", [ENGLISH, CHINESE])
def test_it_speaks_the_visitors_language(client, page, languages):
    told = client.get(page, **languages).content.decode()

    expected = "en" if languages is ENGLISH else "zh-Hans"
    assert f'<html lang="{expected}"' in told


def test_notes_events_and_names_stay_inside(client, page, ticket, li_na, now):
    zhao = UserFactory(
        display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
    )
    note(
        ticket=ticket,
        body="Third time this week, probably a fraud.",
        by=li_na,
        now=now,
        files=[ContentFile(b"secret", name="inside.txt")],
    )
    reply(ticket=ticket, body="We look into it.", by=li_na, now=now)
    escalate(ticket=ticket, reason="Do not tell him", by=li_na, now=now)

    for extra in ({}, {"HTTP_HX_REQUEST": "true"}):
        told = client.get(page, **ENGLISH, **extra).content.decode()
        for secret in ("fraud", "inside.txt", "Do not tell", str(zhao), "call-centre"):
            assert secret not in told
        # A gap in the numbering would tell that something was said between.
        assert re.findall(r'data-seq="(\d+)"', told) == ["1", "2"]


def test_script_in_a_conversation_is_only_text(client, now, li_na):
    script = "<script>alert(1)</script>"
    ticket = TicketFactory(now=now, subject=script, body=script, name=script)
    reply(ticket=ticket, body=script, by=li_na, now=now)

    told = client.get(opened(client, ticket, now), **ENGLISH).content.decode()

    assert "<script>alert" not in told
    assert told.count("&lt;script&gt;alert") >= 3


def test_the_address_is_kept_secret(client, page):
    answer = client.get(page)

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("get", ""),
        ("get", "reply/"),
        ("get", "answer/"),
        ("post", "reply/"),
        ("post", "answer/"),
    ],
)
def test_forged_expired_and_revoked_look_the_same(client, ticket, now, method, part):
    link = links.issue_link(ticket=ticket, now=now - dt.timedelta(days=91))
    expired = links.token_of(link)
    revoked = links.token_of(links.issue_link(ticket=ticket, now=now))
    links.revoke_links(ticket=ticket, now=now)
    tokens = (expired, revoked, revoked[:-2] + "xx", "x", "a:b", "%00", "😀")

    answers = [getattr(client, method)(f"/r/{token}/{part}") for token in tokens]

    assert {each.status_code for each in answers} == {404}
    said = {re.sub(r'value="[^"]*"', "", each.content.decode()) for each in answers}
    assert len(said) == 1
    assert ticket.number not in said.pop()


def test_looking_changes_nothing_whatever_is_opened(client, page, resolved):
    FollowUp.objects.update(stage="asked")
    before = state()

    for part in ("", "reply/", "answer/", "?answer=solved", "answer/?answer=solved"):
        client.get(page + part)
        client.head(page + part)
        client.options(page + part)

    assert state() == before
