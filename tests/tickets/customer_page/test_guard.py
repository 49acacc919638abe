"""Limits, files, and what an open page learns."""

import uuid

import pytest
from django.test import Client

from tests.factories import TicketFactory
from tests.tickets.customer_page.ways import (
    CHINESE,
    ENGLISH,
    file_of,
    seen_by,
    state,
    words,
)
from tickets.actions.reply import note, reply
from tickets.models import (
    Ticket,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("part", ["reply/", "answer/"])
def test_posts_from_elsewhere_are_refused(page, resolved, part):
    strict = Client(enforce_csrf_checks=True)
    strict.get(page)
    before = state()

    assert strict.post(page + part, {"answer": "solved", **words()}).status_code == 403
    assert state() == before


def test_too_many_messages_are_put_off(client, page, ticket, settings):
    settings.PUBLIC_REPLIES_PER_HOUR = 1
    client.post(page + "reply/", words())

    answer = client.post(page + "reply/", words(), **ENGLISH)

    assert answer.status_code == 429
    assert "60 minutes" in answer.content.decode()
    assert answer.headers["Retry-After"] == "3600"
    assert ticket.messages.count() == 2


def test_looking_too_often_is_put_off_and_each_address_counts_alone(
    client, page, settings
):
    # One of them was the link itself.
    settings.PUBLIC_VIEWS_PER_MINUTE = 3
    for _visit in range(2):
        assert client.get(page).status_code == 200

    assert client.get(page).status_code == 429
    assert client.get(page, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_file_is_handed_over_to_be_saved_and_never_opened_here(
    client, page, ticket, li_na, now
):
    attachment = file_of(ticket, now, "合同 1.html", b"<script>x()</script>", by=li_na)

    answer = client.get(f"{page}files/{attachment.pk}/")

    assert answer.getvalue() == b"<script>x()</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


def test_files_of_others_and_of_notes_are_not_there(client, page, ticket, li_na, now):
    hers = file_of(TicketFactory(now=now), now, by=li_na)
    inside = file_of(ticket, now, kind=note, by=li_na)

    for pk in (hers.pk, inside.pk, uuid.uuid4()):
        assert client.get(f"{page}files/{pk}/").status_code == 404


def test_a_file_lost_from_disk_is_not_there(client, page, ticket, li_na, now):
    attachment = file_of(ticket, now, by=li_na)
    attachment.file.storage.delete(attachment.file.name)

    assert client.get(f"{page}files/{attachment.pk}/").status_code == 404


def test_an_open_page_learns_what_is_new_and_is_left_alone_otherwise(
    client, page, ticket, li_na, now
):
    ask = seen_by(client.get(page).content.decode())
    htmx = {"HTTP_HX_REQUEST": "true", **ENGLISH}
    ask = seen_by(client.get(ask.split("?")[0], **htmx).content.decode())
    assert client.get(ask, **htmx).status_code == 204

    reply(ticket=ticket, body="A new base is on its way.", by=li_na, now=now)
    news = client.get(ask, **htmx)

    told = news.content.decode()
    assert news.status_code == 200
    assert "A new base is on its way." in told
    assert "<html" not in told
    assert client.get(seen_by(told), **htmx).status_code == 204


def test_what_is_typed_into_the_question_is_not_replaced(
    client, page, resolved, li_na, now
):
    htmx = {"HTTP_HX_REQUEST": "true", **ENGLISH}

    fresh = client.get(f"{page}?seen=old&asked=0", **htmx).content.decode()
    typing = client.get(f"{page}?seen=old&asked=1", **htmx).content.decode()

    assert "Is everything solved?" in fresh
    assert "progress-question" not in typing


@pytest.mark.parametrize("languages", [ENGLISH, CHINESE])
def test_help_opens_for_everybody(client, languages):
    answer = client.get("/help/", **languages)

    assert answer.status_code == 200
    assert "/help/request/" in answer.content.decode()


@pytest.mark.parametrize("status", ["merged", "spam"])
def test_what_is_over_for_good_takes_no_words(client, page, ticket, status):
    Ticket.objects.update(status=status)

    assert 'name="body"' not in client.get(page).content.decode()
    assert client.post(page + "reply/", words()).status_code == 409
