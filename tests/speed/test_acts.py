"""No act asks the database more than 15 times, however long the conversation is."""

import uuid

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import HOUR, MINUTE, TicketFactory, request, team_of
from tests.speed.counting import MOST, SCRIPT, queries_of, told
from tests.speed.test_pages import SOLVED, fill, talk
from tests.tickets.customer_page.ways import opened
from tests.tickets.test_request_form import filled
from tickets.actions.create import create_ticket
from tickets.actions.drafts import save_draft
from tickets.actions.follow_up import advance
from tickets.actions.reply import note, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.wait import wait
from tickets.models import (
    Category,
    FollowUp,
    FollowUpStage,
    Letter,
    MessageKind,
    Ticket,
)

FINE = (200, 204, 302)


def new(_wang, _zhao, now):
    return TicketFactory(now=now - HOUR)


def taken(wang, _zhao, now):
    ticket = new(wang, None, now)
    take(ticket=ticket, by=wang, now=now)
    return ticket


def waiting(wang, zhao, now):
    ticket = taken(wang, zhao, now)
    reply(ticket=ticket, body="?", by=wang, now=now)
    wait(ticket=ticket, status="waiting_customer", by=wang, now=now)
    return ticket


def solved(wang, zhao, now):
    ticket = taken(wang, zhao, now)
    resolve(ticket=ticket, by=wang, now=now, **SOLVED)
    return ticket


def unseen_note(wang, zhao, now):
    ticket = new(wang, zhao, now)
    note(ticket=ticket, body="x", by=zhao, now=now)
    save_draft(ticket=ticket, kind=MessageKind.OUTBOUND, body="x", by=wang, now=now)
    return ticket


def written(**more):
    return {"body": "您好", "seen_seq": 1, "client_key": str(uuid.uuid4()), **more}


def with_a_file():
    return written(attachments=[SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n")])


def technicians(**more):
    team = team_of("technical").pk
    return {"team": team, "words": "w", "hand_over": "h", "seen_seq": 1, **more}


def a_class():
    refund = Category.objects.get(slug="refund").pk
    return {"category": refund, "severity": 1, "urgency": 1, "phase": "in_sale"}


ACTS = {
    "take": (new, "take", dict),
    "take back": (taken, "undo", dict),
    "reply": (new, "reply", written),
    "reply with all that can be": (unseen_note, "reply", with_a_file),
    "reply while waiting": (waiting, "reply", written),
    "note": (new, "note", written),
    "draft": (new, "draft", lambda: {"kind": "reply", "body": "x"}),
    "assign": (new, "assign", dict),
    "transfer": (new, "transfer", technicians),
    "transfer unseen": (unseen_note, "transfer", technicians),
    "escalate": (taken, "escalate", lambda: {"reason": "x"}),
    "wait": (taken, "wait", lambda: {"status": "waiting_colleagues"}),
    "wait no more": (waiting, "wait", lambda: {"status": "open"}),
    "resolve": (unseen_note, "resolve", lambda: {**SOLVED, "seen_seq": 1}),
    "resolve while waiting": (waiting, "resolve", lambda: SOLVED),
    "undo resolve": (solved, "undo", dict),
    "reopen": (solved, "reopen", lambda: {"reason": "x"}),
    "classify": (new, "classify", a_class),
    "reveal name": (new, "reveal-name", lambda: {"purpose": "service"}),
}


def short_or_long(wang, zhao, now, stage):
    """Yield the ticket of an act alone, and one with a long story among others."""
    yield stage(wang, zhao, now)
    fill(3, wang, zhao)

    def long(*people):
        ticket = new(*people)
        talk(ticket, 5, wang, zhao)
        return ticket

    ticket = stage(wang, zhao, now)
    if stage is new:
        ticket = long(wang, zhao, now)
        Ticket.objects.filter(pk=ticket.pk).update(
            assignee=None, status="new", first_response_at=None
        )
        ticket.refresh_from_db()
    yield ticket


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["plain", "script"])
@pytest.mark.parametrize("name", ACTS)
def test_an_act(name, headers, client, wang, zhao, chen):
    stage, page, form = ACTS[name]
    now = timezone.now()
    client.force_login(wang)
    client.get("/profile/")
    assert client.get(f"/inbox/{new(wang, zhao, now).number}/").status_code == 200
    for ticket in short_or_long(wang, zhao, now, stage):
        path = reverse(f"tickets:{page}", args=[ticket.number])
        data = form()
        if name == "assign":
            data = {"to": wang.pk}
        if "seen_seq" in data and stage is new:
            data["seen_seq"] = ticket.message_count
        if page not in {"take", "undo", "reply", "note", "draft"}:
            shown = queries_of(lambda path=path: client.get(path, headers=headers))
            assert len(shown) <= MOST, told(shown)
        asked = queries_of(
            lambda path=path, data=data: client.post(path, data, headers=headers),
            status=FINE,
        )
        assert len(asked) <= MOST, told(asked)


def a_new_one(**more):
    given = {
        "name": "陈静", "contact": "chen.jing@example.com", "language": "en",
        "channel": "phone", "phase": "after_sale", "severity": 3, "urgency": 3,
        "category": Category.objects.get(slug="question").pk, "subject": "x",
        "body": "x", "client_key": str(uuid.uuid4()),
    }  # fmt: skip
    return {**given, **more}


def test_writing_down_a_request(client, wang, zhao):
    client.force_login(wang)
    client.get("/profile/")
    client.post("/inbox/new/", a_new_one(contact="13812345678"))
    forms = [
        a_new_one(),
        a_new_one(name="陈 静"),
        a_new_one(contact="13812345679"),
        a_new_one(
            contact="a@example.com",
            attachments=[
                SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n") for _each in "12"
            ],
        ),
    ]
    for form in [*forms, forms[0]]:
        asked = queries_of(
            lambda form=form: client.post("/inbox/new/", form), status=(302,)
        )
        assert len(asked) <= MOST, told(asked)
    assert Ticket.objects.count() == len(forms) + 1


def test_taking_the_next(client, wang, zhao):
    client.force_login(wang)
    client.get("/profile/")
    fill(2, wang, zhao)
    asked = queries_of(lambda: client.post("/inbox/next/"), status=(302,))
    assert len(asked) <= MOST, told(asked)


@pytest.mark.parametrize("outcome", ["satisfied", "not_satisfied", "unreachable"])
def test_recording_a_call(outcome, client, wang, zhao):
    client.force_login(wang)
    client.get("/profile/")
    ticket = solved(wang, zhao, timezone.now() - 30 * HOUR)
    FollowUp.objects.update(stage=FollowUpStage.CALL, tries=2, owner=wang)
    path = f"/follow-ups/{ticket.follow_ups.get().pk}/record/"
    shown = queries_of(lambda: client.get(path))
    assert len(shown) <= MOST, told(shown)
    asked = queries_of(
        lambda: client.post(path, {"outcome": outcome, "words": "x"}), status=(302,)
    )
    assert len(asked) <= MOST, told(asked)


def test_revealing_a_contact_and_sending_a_letter_again(client, wang, zhao, ticket):
    client.force_login(wang)
    client.get("/profile/")
    contact = ticket.customer.contact_points.get()
    letter = ticket.letters.get()
    Letter.objects.update(state="failed")
    for name, key, data in (
        ("reveal", contact.pk, {"purpose": "service"}),
        ("letter", letter.pk, {}),
    ):
        path = reverse(f"tickets:{name}", args=[ticket.number, key])
        for ask in (client.get, lambda path, data=data: client.post(path, data)):
            asked = queries_of(lambda ask=ask, path=path: ask(path), status=FINE)
            assert len(asked) <= MOST, told(asked)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/profile/presence/", {"state": "busy"}),
        ("/profile/theme/", {"theme": "dark"}),
        ("/profile/language/", {"language": "en"}),
    ],
)
def test_a_switch(path, data, client, wang):
    client.force_login(wang)
    client.get("/profile/")
    asked = queries_of(lambda: client.post(path, data), status=FINE)
    assert len(asked) <= MOST, told(asked)


def test_a_request_from_the_public_form(wang, zhao):
    visitor = Client()
    create_ticket(request=request(), by=None, now=timezone.now())
    for form in (filled(), filled(contact="new@example.com")):
        asked = queries_of(
            lambda form=form: visitor.post("/help/request/", form), status=(302,)
        )
        assert len(asked) <= MOST, told(asked)
        asked = queries_of(lambda: visitor.get("/help/sent/"))
        assert len(asked) <= MOST, told(asked)


@pytest.mark.parametrize("stage", [new, waiting, solved])
@pytest.mark.parametrize("answer", ["", "solved", "not_solved"])
def test_an_answer_on_the_customers_page(stage, answer, wang, zhao):
    now = timezone.now() - MINUTE
    ticket = stage(wang, zhao, now)
    if stage is solved:
        advance(pk=ticket.follow_ups.get().pk, now=now + HOUR)
    visitor = Client()
    page = opened(visitor, ticket, now)
    visitor.get(page)
    cache.clear()
    key = str(uuid.uuid4())
    way, data = ("answer", {"answer": answer}) if answer else ("reply", {})
    asked = queries_of(
        lambda: visitor.post(f"{page}{way}/", {"body": "x", "client_key": key, **data}),
        status=(302, 409),
    )
    assert len(asked) <= MOST, told(asked)
