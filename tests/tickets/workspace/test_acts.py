"""What an agent does from the workspace, and what is taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from customers.models import Reveal
from servicedesk.audit.models import Kind, LogEntry
from tests.factories import (
    HOUR,
    NOW,
    ContactPointFactory,
    TicketFactory,
    UserFactory,
)
from tests.tickets.workspace.ways import page
from tickets.actions.customer_page import customer_writes
from tickets.actions.reply import receive, reply
from tickets.models import FollowUp, Letter, Message, MessageKind, Ticket, TicketStatus
from tickets.queries.conversation import public_entries

pytestmark = pytest.mark.django_db


def test_taking_offers_an_undo_that_gives_it_back(desk, ticket, li_na):
    told = desk.post(page("take", ticket), follow=True).content.decode()
    assert page("undo", ticket) in told
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (li_na, TicketStatus.OPEN)

    desk.post(page("undo", ticket))

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (None, TicketStatus.NEW)


def test_the_undo_can_be_posted_without_a_script(desk, ticket):
    told = desk.post(page("take", ticket), follow=True).content.decode()
    form = told.partition(f'action="{page("undo", ticket)}"')[2].partition("</form>")[0]
    assert 'name="csrfmiddlewaretoken"' in form


def test_a_colleague_who_comes_second_is_told_who_was_first(desk, ticket, client):
    desk.post(page("take", ticket))
    emma = UserFactory(display_name="Emma", team="call-centre")
    client.force_login(emma)

    told = client.post(page("take", ticket), follow=True).content.decode()

    assert "李娜 has taken this ticket already." in told


def test_take_next_says_so_when_nothing_waits(desk):
    told = desk.post(reverse("tickets:take-next"), follow=True).content.decode()
    assert "Nothing waits in your teams" in told


def test_resolving_asks_for_cause_solution_and_a_word_to_the_customer(desk, ticket):
    refused = desk.post(page("resolve", ticket), {"words": "好了"})
    assert refused.status_code == 422
    assert not FollowUp.objects.exists()

    desk.post(
        page("resolve", ticket),
        {"words": "已为您换新。", "root_cause": "左声道断线", "solution": "换新"},
    )

    assert Ticket.objects.get().status == TicketStatus.RESOLVED
    assert FollowUp.objects.get().due_at - Ticket.objects.get().resolved_at == (
        timezone.timedelta(hours=48)
    )


def test_undo_of_a_resolution_brings_the_ticket_back(desk, ticket):
    desk.post(
        page("resolve", ticket), {"words": "a", "root_cause": "b", "solution": "c"}
    )
    desk.post(page("undo", ticket))

    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.NEW
    assert not FollowUp.objects.owed().exists()


def test_acts_open_in_the_dialog_as_a_part_and_alone_as_a_page(desk, ticket):
    for name in ("assign", "transfer", "escalate", "wait", "resolve", "classify"):
        part = desk.get(page(name, ticket), headers={"HX-Request": "true"})
        whole = desk.get(page(name, ticket))
        assert b"<html" not in part.content
        assert b"<html" in whole.content
        assert b'id="action"' in part.content
        refused = desk.post(
            page(name, ticket), {"team": "x"}, headers={"HX-Request": "true"}
        )
        if name != "assign":
            assert (refused.status_code, refused["HX-Retarget"]) == (422, "#action"), (
                name
            )


def test_a_transfer_out_of_sight_ends_in_the_inbox(desk, ticket, li_na):
    other = UserFactory(team="technical").memberships.get().team
    response = desk.post(
        page("transfer", ticket),
        {"team": other.pk, "words": "转给技术同事", "hand_over": "请看日志"},
        follow=True,
    )

    assert response.status_code == 200
    assert Ticket.objects.get().team == other


def test_looking_behind_the_mask_needs_a_purpose_and_leaves_a_trace(
    desk, ticket, li_na
):
    contact = ticket.customer.contact_points.get()

    asked = desk.get(page("reveal", ticket, contact.pk)).content.decode()
    assert "13800138000" not in asked
    refused = desk.post(page("reveal", ticket, contact.pk), {"purpose": "promotion"})
    assert refused.status_code == 422
    assert not Reveal.objects.exists()

    told = desk.post(page("reveal", ticket, contact.pk), {"purpose": "service"})

    assert "+8613800138000" in told.content.decode()
    trace = Reveal.objects.get()
    assert (trace.by, trace.purpose, trace.customer) == (
        li_na,
        "service",
        ticket.customer,
    )


def test_a_draft_is_kept_and_comes_back(desk, ticket):
    desk.post(page("draft", ticket), {"kind": "reply", "body": "写到一半"})
    assert "写到一半" in desk.get(page("ticket", ticket)).content.decode()

    desk.post(page("reply", ticket), {"body": "写完了", "seen_seq": 1})
    assert "写到一半" not in desk.get(page("ticket", ticket)).content.decode()


def test_staff_writes_down_a_request_of_a_known_customer(desk, ticket):
    form = {
        "name": "Zhang", "contact": "138 0013 8000", "language": "zh-hans",
        "channel": "phone", "phase": "after_sale", "category": ticket.category_id,
        "severity": 3, "urgency": 3, "subject": "再次来电", "body": "还是没有声音",
        "client_key": "0192f0c4-0000-7000-8000-000000000002",
    }  # fmt: skip
    desk.post(reverse("tickets:new"), form)
    desk.post(reverse("tickets:new"), form)

    second = Ticket.objects.exclude(pk=ticket.pk).get()
    assert second.customer == ticket.customer
    assert second.channel == "phone"


@pytest.mark.parametrize(
    "cursor", ["x", "1~2~3", "~", "0~2020-01-01~" + "f" * 40, "9" * 400]
)
def test_a_mangled_cursor_begins_at_the_beginning(desk, ticket, cursor):
    response = desk.get("/inbox/", {"queue": "open", "after": cursor})

    assert response.status_code == 200
    assert ticket.number in response.content.decode()


def test_both_languages_render_every_page_of_a_ticket(desk, ticket, li_na):
    for language in ("en", "zh-hans"):
        type(li_na).objects.filter(pk=li_na.pk).update(language=language)
        for name in ("ticket", "assign", "transfer", "resolve", "classify", "wait"):
            response = desk.get(page(name, ticket))
            assert response.status_code == 200
            assert f'lang="{ {"en": "en", "zh-hans": "zh-Hans"}[language] }"' in (
                response.content.decode()
            )


def test_a_resolution_taken_back_is_not_told_to_the_customer(desk, ticket):
    form = {"words": "已换新", "root_cause": "b", "solution": "c"}
    desk.post(page("resolve", ticket), form)
    desk.post(page("undo", ticket))
    undone = [each["type"] for each in public_entries(ticket, str)]
    desk.post(page("resolve", ticket), form)

    assert undone == ["message"]
    assert [each["type"] for each in public_entries(ticket, str)].count("event") == 1


def test_resolving_waits_when_the_customer_wrote_what_nobody_saw(desk, ticket):
    receive(ticket=ticket, body="等等", now=timezone.now())
    form = {"words": "已换新", "root_cause": "b", "solution": "c", "seen_seq": 1}

    refused = desk.post(page("resolve", ticket), form)

    told = refused.content.decode()
    assert refused.status_code == 422
    assert "The customer wrote again while you were writing" in told
    assert "已换新" in told
    assert 'value="2"' in told
    assert not FollowUp.objects.exists()
    desk.post(page("resolve", ticket), form | {"seen_seq": 2})
    assert FollowUp.objects.count() == 1


def test_taking_is_not_undone_over_a_colleagues_work(desk, ticket, li_na):
    emma = UserFactory(display_name="Emma", team="call-centre")
    desk.post(page("take", ticket))
    reply(ticket=ticket, body="I can help", by=emma, now=timezone.now())

    told = desk.post(page("undo", ticket), follow=True).content.decode()

    assert "too late to undo" in told
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (li_na, TicketStatus.OPEN)


def test_a_resolution_is_not_undone_once_the_customer_wrote(desk, ticket):
    desk.post(
        page("resolve", ticket), {"words": "a", "root_cause": "b", "solution": "c"}
    )
    customer_writes(ticket=ticket, body="谢谢", needs_answer=False, now=timezone.now())

    desk.post(page("undo", ticket))

    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.RESOLVED


def test_the_name_is_shown_for_a_purpose_and_on_the_record(desk, ticket, li_na):
    address = page("reveal-name", ticket)
    assert "张伟" not in desk.get(address).content.decode()

    told = desk.post(address, {"purpose": "identity"}).content.decode()

    assert "张伟" in told
    assert (Reveal.objects.get().field, Reveal.objects.get().by) == ("name", li_na)
    looked = LogEntry.objects.get(action=Kind.REVEAL)
    assert (looked.actor, looked.additional_data["purpose"]) == (li_na, "identity")
    assert "张伟" not in str(looked.changes) + looked.object_repr


def test_another_name_from_a_known_number_is_pointed_out(desk, ticket):
    second = TicketFactory(contact="13800138000", name="李强", now=timezone.now())

    told = desk.get(page("ticket", second)).content.decode()

    assert second.customer == ticket.customer
    assert "This request gave another name: 李*" in told
    assert "李强" not in told
    assert "another name" not in desk.get(page("ticket", ticket)).content.decode()


def test_an_analyst_reads_the_conversation_without_the_customers_contacts(
    client, ticket
):
    client.force_login(UserFactory(role="quality_analyst", team="call-centre"))

    told = client.get(page("ticket", ticket)).content.decode()

    assert "昨天收到耳机" in told
    assert "138****8000" not in told


def test_a_letter_goes_to_the_address_that_the_request_came_from(desk, ticket):
    customer = ticket.customer
    for number, value in enumerate(("old@example.com", "new@example.com")):
        ContactPointFactory(
            customer=customer, value=value, created_at=NOW + number * HOUR
        )
    second = TicketFactory(contact="new@example.com", now=timezone.now())

    letter = Letter.objects.get(ticket=second)

    assert second.customer == customer
    assert letter.contact.value == "new@example.com"


@pytest.mark.parametrize("number", ["%00", "SD-2026-1", "SD-2026-%00000001", "x" * 300])
def test_what_is_no_number_is_not_found(desk, number):
    assert desk.get(f"/inbox/{number}/").status_code == 404


def test_an_attachment_lost_from_disk_is_not_found(desk, ticket):
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4", "application/pdf")
    desk.post(page("note", ticket), {"body": "x", "attachments": [file]})
    attachment = Message.objects.get(kind=MessageKind.NOTE).attachments.get()
    attachment.file.storage.delete(attachment.file.name)

    assert desk.get(page("file", ticket, attachment.pk)).status_code == 404
