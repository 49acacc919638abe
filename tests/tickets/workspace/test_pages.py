"""The workspace as an agent reads it and writes in it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    TicketFactory,
)
from tests.tickets.workspace.ways import page
from tickets.actions.reply import receive
from tickets.models import Message, MessageKind

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_conversation_and_the_masked_customer(desk, ticket):
    told = desk.get(page("ticket", ticket)).content.decode()

    assert "昨天收到耳机，左边没有声音。" in told
    assert "张*" in told
    assert "138****8000" in told
    assert "张伟" not in told
    assert "13800138000" not in told


def test_the_queue_costs_the_same_queries_however_long_it_is(desk):
    costs = []
    for more in (1, 20):
        for _each in range(more):
            TicketFactory(now=timezone.now())
        desk.get("/inbox/?queue=open")

        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/inbox/?queue=open").status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 12


def test_the_page_of_a_ticket_costs_at_most_15_queries_beside_the_session(
    desk, ticket, li_na
):
    for text in ("还有一个问题", "在吗"):
        receive(ticket=ticket, body=text, now=timezone.now())
    desk.post(page("note", ticket), {"body": "看过日志"})
    desk.get(page("ticket", ticket))

    with CaptureQueriesContext(connection) as queries:
        desk.get(page("ticket", ticket))

    asked = [one["sql"] for one in queries if "django_session" not in one["sql"]]
    assert len(asked) <= 15, [one[:90] for one in asked]


def test_a_reply_reaches_the_conversation_once_though_posted_twice(desk, ticket):
    form = {
        "body": "您好，马上为您查看。",
        "seen_seq": 1,
        "client_key": "0192f0c4-0000-7000-8000-000000000001",
    }

    first = desk.post(page("reply", ticket), form)
    second = desk.post(page("reply", ticket), form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Message.objects.filter(kind=MessageKind.OUTBOUND).count() == 1


def test_a_reply_is_held_back_when_the_customer_wrote_meanwhile(desk, ticket):
    receive(ticket=ticket, body="等等，还有一件事", now=timezone.now())

    response = desk.post(page("reply", ticket), {"body": "我的回复", "seen_seq": 1})

    told = response.content.decode()
    assert response.status_code == 422
    assert "The customer wrote again while you were writing" in told
    assert "我的回复" in told
    assert "等等，还有一件事" in told
    assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()


def test_scripts_in_messages_and_names_are_shown_not_run(desk):
    ticket = TicketFactory(
        name="<script>alert(1)</script>",
        subject="<img src=x onerror=alert(2)>",
        body="<script>alert(3)</script> https://example.com/?a=1&b=2",
    )
    told = desk.get(page("ticket", ticket)).content.decode()

    assert "<script>alert" not in told
    assert "<img src=x" not in told
    assert "&lt;script&gt;alert(3)" in told
    assert 'rel="nofollow"' in told


def test_an_attachment_comes_back_as_a_download_only(desk, ticket):
    file = SimpleUploadedFile("发票 1.pdf", b"%PDF-1.4 invoice", "application/pdf")
    desk.post(page("note", ticket), {"body": "见附件", "attachments": [file]})
    attachment = Message.objects.get(kind=MessageKind.NOTE).attachments.get()

    response = desk.get(page("file", ticket, attachment.pk))

    assert b"".join(response.streaming_content) == b"%PDF-1.4 invoice"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("photo.png", b"%PDF-1.4"), ("list.csv", b"PK\x03\x04"), ("run.py", b"print(1)")],
)
def test_what_is_not_what_its_name_says_is_not_taken_from_staff_either(
    desk, ticket, name, content
):
    form = {"body": "留下的话", "attachments": [SimpleUploadedFile(name, content)]}
    response = desk.post(page("note", ticket), form)

    assert response.status_code == 422
    assert "留下的话" in response.content.decode()
    assert not Message.objects.filter(kind=MessageKind.NOTE).exists()


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.exe", "innocent.txt"])
def test_pages_and_programs_are_not_taken_as_attachments(desk, ticket, name):
    file = SimpleUploadedFile(name, b"<!DOCTYPE html><script>alert(1)</script>")
    response = desk.post(page("note", ticket), {"body": "x", "attachments": [file]})

    assert response.status_code == 422
    assert not Message.objects.filter(kind=MessageKind.NOTE).exists()
