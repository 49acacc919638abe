"""What the customer writes, and the answer to “is it solved?”."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.tickets.customer_page.ways import ENGLISH, words
from tickets.actions import follow_up
from tickets.models import (
    FollowUp,
    FollowUpOutcome,
)

pytestmark = pytest.mark.django_db


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
