"""The customer's own page: what it shows, what it takes, and what it never tells."""

import datetime as dt
import re
import uuid

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.factories import TicketFactory, UserFactory, ensure_defaults
from tickets import links
from tickets.actions import follow_up
from tickets.actions.escalate import escalate
from tickets.actions.reply import note, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import (
    Attachment,
    FollowUp,
    FollowUpOutcome,
    Message,
    Ticket,
    TicketEvent,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}


@pytest.fixture(autouse=True)
def _a_fresh_desk(db):
    cache.clear()
    ensure_defaults()
    yield
    cache.clear()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def li_na():
    return UserFactory(display_name="李娜", username="li.na", team="call-centre")


@pytest.fixture
def ticket(now):
    return TicketFactory(now=now - 5 * HOUR, subject="Kettle does not heat")


@pytest.fixture
def page(ticket, now):
    return address(ticket, now)


@pytest.fixture
def resolved(ticket, li_na, now):
    take(ticket=ticket, by=li_na, now=now - 4 * HOUR)
    return resolve(
        ticket=ticket,
        root_cause="Fuse of the base",
        solution="New base sent",
        words="A new base is on its way.",
        by=li_na,
        now=now - 3 * HOUR,
    )


def address(ticket, now):
    return f"/r/{links.token_of(links.issue_link(ticket=ticket, now=now))}/"


def state():
    """Return how much there is of everything that a visit could change."""
    kinds = (Ticket, Message, TicketEvent, FollowUp, Attachment)
    rows = [list(kind.objects.order_by("pk").values()) for kind in kinds]
    return repr(rows)


def words(**changes):
    return {"body": "One more thing.", "client_key": str(uuid.uuid4()), **changes}


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

    told = client.get(address(ticket, now), **ENGLISH).content.decode()

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


def test_the_customer_adds_something_with_a_file(client, page, ticket):
    sent = SimpleUploadedFile("bill.pdf", b"%PDF-1.7 ...")

    answer = client.post(page + "reply/", words(attachments=sent))

    assert (answer.status_code, answer.url) == (302, page)
    last = ticket.messages.order_by("seq").last()
    assert (last.kind, last.body) == ("inbound", "One more thing.")
    assert "bill.pdf" in client.get(page).content.decode()


def test_the_same_message_twice_is_one(client, page, ticket):
    once = words()
    client.post(page + "reply/", once)
    client.post(page + "reply/", once)

    assert ticket.messages.count() == 2


def test_an_empty_message_or_a_page_as_a_file_is_refused_with_the_text_kept(
    client, page, ticket
):
    evil = SimpleUploadedFile("x.png", b"<svg onload='x()'/>")

    empty = client.post(page + "reply/", words(body=" "))
    refused = client.post(page + "reply/", words(attachments=evil))

    assert (empty.status_code, refused.status_code) == (422, 422)
    assert "One more thing." in refused.content.decode()
    assert ticket.messages.count() == 1


def test_thanks_leave_a_resolved_request_alone_and_anything_else_opens_it(
    client, page, resolved
):
    client.post(page + "reply/", words(body="Thanks!", no_answer="on"))
    resolved.refresh_from_db()
    assert resolved.status == "resolved"

    client.post(page + "reply/", words(body="It still does not heat."))
    resolved.refresh_from_db()
    assert (resolved.status, resolved.level) == ("open", 2)


def test_solved_closes_the_request_and_says_so(client, page, resolved):
    assert "Is everything solved?" in client.get(page, **ENGLISH).content.decode()

    answer = client.post(page + "answer/", {"answer": "solved"})

    assert (answer.status_code, answer.url) == (302, page)
    resolved.refresh_from_db()
    assert resolved.status == "closed"
    told = client.get(page, **ENGLISH).content.decode()
    assert "the request is closed" in told
    assert "Is everything solved?" not in told


def test_not_solved_opens_it_at_the_second_level_with_the_words(client, page, resolved):
    FollowUp.objects.update(stage="asked")
    said = {"answer": "not_solved", "words": "The new base does not fit."}

    client.post(page + "answer/", said)

    resolved.refresh_from_db()
    assert (resolved.status, resolved.level) == ("open", 2)
    assert FollowUp.objects.get().words == "The new base does not fit."
    told = client.get(page, **ENGLISH).content.decode()
    assert "a senior colleague takes it up" in told
    assert "The new base does not fit." in told
    assert "level" not in told.lower()


def test_a_second_answer_is_the_same_or_is_explained(client, page, resolved):
    client.post(page + "answer/", {"answer": "solved"})

    again = client.post(page + "answer/", {"answer": "solved"})
    other = client.post(page + "answer/", {"answer": "not_solved"}, **ENGLISH)

    assert again.status_code == 302
    assert other.status_code == 409
    assert "You have answered already" in other.content.decode()
    resolved.refresh_from_db()
    assert resolved.status == "closed"


@pytest.mark.parametrize("answer", ["", "perhaps", "solved\x00"])
def test_other_answers_are_none(client, page, resolved, answer):
    assert client.post(page + "answer/", {"answer": answer}).status_code == 422
    resolved.refresh_from_db()
    assert resolved.status == "resolved"


def test_an_answer_without_a_question_is_explained(client, page, ticket):
    answer = client.post(page + "answer/", {"answer": "solved"}, **ENGLISH)

    assert answer.status_code == 409
    assert "no question open" in answer.content.decode()


def test_what_a_call_brought_is_for_colleagues_only(client, page, resolved, li_na, now):
    row = FollowUp.objects.get()
    outcome = FollowUpOutcome.NOT_SATISFIED
    said = "Shouted at me"
    FollowUp.objects.update(stage="call")
    row.refresh_from_db()
    follow_up.record_call(follow_up=row, outcome=outcome, words=said, by=li_na, now=now)

    assert said not in client.get(page).content.decode()


def test_a_late_answer_still_counts_when_a_call_is_due(client, page, resolved, now):
    row = FollowUp.objects.get()
    follow_up.advance(pk=row.pk, now=now)
    FollowUp.objects.update(next_at=now)
    follow_up.advance(pk=row.pk, now=now)
    assert FollowUp.objects.get().stage == "call"

    client.post(page + "answer/", {"answer": "solved"})

    assert FollowUp.objects.get().outcome == "satisfied"


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
    settings.PUBLIC_VIEWS_PER_MINUTE = 2
    for _visit in range(2):
        assert client.get(page).status_code == 200

    assert client.get(page).status_code == 429
    assert client.get(page, REMOTE_ADDR="203.0.113.9").status_code == 200


def file_of(ticket, now, name="photo.png", content=b"\x89PNG", kind=None, by=None):
    files = [ContentFile(content, name=name)]
    if kind is note:
        message = note(ticket=ticket, body="x", by=by, now=now, files=files)
    else:
        message = reply(ticket=ticket, body="x", by=by, now=now, files=files)
    return message.attachments.get()


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


def seen_by(told):
    return re.search(r'hx-get="([^"]+)"', told).group(1).replace("&amp;", "&")


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
