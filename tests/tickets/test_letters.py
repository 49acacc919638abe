"""Letters: sent once, over real SMTP, and honest about what is not known."""

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from customers.models import ContactPoint, Customer
from tests.desk import at_once, fresh
from tests.factories import HOUR, MINUTE, NOW, TicketFactory, UserFactory
from tests.tickets.post import post_office, use_smtp
from tickets.actions import letters
from tickets.actions.follow_up import advance
from tickets.actions.letters import (
    owe,
    send_again,
    send_letter,
)
from tickets.actions.reply import reply
from tickets.actions.resolve import resolve
from tickets.emails import compose
from tickets.links import read_token
from tickets.models import Letter, LetterKind, LetterState, Ticket
from tickets.tasks import sweep_letters


@pytest.fixture
def post(settings):
    with post_office() as (post, port):
        use_smtp(settings, port)
        yield post


@pytest.fixture
def letter(ticket):
    return ticket.letters.get()


def send(letter, now=NOW):
    return send_letter(pk=letter.pk, now=now)


def test_the_confirmation_arrives_with_number_and_link(letter, ticket, post):
    assert send(letter)
    (mail,) = post.letters
    assert mail.sent_to == ["zhang.wei@example.com"]
    assert mail["To"] == "zhang.wei@example.com"
    assert ticket.number in mail["Subject"]
    text = mail.get_content()
    assert ticket.number in text
    assert ticket.subject in text
    token = text.split("/r/")[1].split("/")[0]
    assert read_token(token, now=NOW).ticket == ticket
    sent = fresh(letter)
    assert (sent.state, sent.sent_at, sent.tries) == (LetterState.SENT, NOW, 1)


def test_a_letter_is_sent_once(letter, post):
    assert send(letter)
    assert not send(letter, NOW + HOUR)
    assert len(post.letters) == 1


def test_a_letter_is_not_sent_before_it_is_due(letter, post):
    assert not send(letter, NOW - MINUTE)
    assert post.letters == []


def test_two_senders_at_once_send_one_letter(committed, post):
    letter = TicketFactory().letters.get()
    outcomes = at_once(*[lambda: send(letter)] * 4)
    assert sorted(outcomes) == [False, False, False, True]
    assert len(post.letters) == 1


def test_two_sweeps_at_once_send_each_letter_once(committed, post):
    for _ in range(5):
        TicketFactory()
    at_once(*[lambda: sweep_letters.apply().get()] * 2)
    assert len({mail["Message-ID"] for mail in post.letters}) == 5
    assert len(post.letters) == 5
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}


def test_what_comes_while_a_sweep_runs_does_not_wait_for_the_next(committed, post):
    """Its wake-up finds the sweep at work and does nothing, so the sweep looks again."""
    came = []

    async def another_request(_server, _session, envelope, address, _options):
        envelope.mail_from = address
        if not came:
            came.append(await asyncio.to_thread(in_another_process))
        return "250 OK"

    post.handle_MAIL = another_request
    TicketFactory()
    assert sweep_letters.apply().get() == 2
    assert came == [0]
    assert len(post.letters) == 2


def test_what_comes_after_the_last_look_of_a_sweep_is_sent_as_well(
    committed, post, monkeypatch
):
    real, came = letters.Line.__exit__, []

    def end(line, *args):
        real(line, *args)
        if not came:
            came.append(run_in_thread(in_another_process))

    monkeypatch.setattr(letters.Line, "__exit__", end)
    assert sweep_letters.apply().get() == 1
    assert came == [0]
    assert len(post.letters) == 1


def test_letters_that_cannot_be_sent_now_do_not_keep_a_sweep_busy(
    committed, monkeypatch
):
    """As if each row were in somebody else's hands."""
    looks = []
    monkeypatch.setattr(letters, "send_letter", lambda **_given: looks.append(1))
    TicketFactory()
    assert sweep_letters.apply().get() == 0
    assert len(looks) == 2


def in_another_process():
    """Write down a letter, and be woken by that; returns how many were sent so."""
    try:
        TicketFactory()
        return sweep_letters.apply().get()
    finally:
        connection.close()


def run_in_thread(call):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(20)


def test_a_sweep_sends_what_is_due(letter, post):
    far = Letter.objects.get(pk=letter.pk)
    far.pk, far.due_at = None, dt.datetime(2900, 1, 1, tzinfo=dt.UTC)
    far.id = type(letter)().id
    far.save(force_insert=True)
    assert sweep_letters.apply().get() == 1
    assert len(post.letters) == 1


def test_letters_of_one_ticket_belong_together(letter, ticket, wang, post):
    reply(ticket=ticket, body="您好，\n\n请看附件。", by=wang, now=NOW)
    answer = ticket.letters.get(kind=LetterKind.REPLY)
    send(letter)
    send(answer)
    one, two = post.letters
    assert one["References"] == two["References"]
    assert one["Message-ID"] != two["Message-ID"]
    assert one["Auto-Submitted"] == "auto-generated"
    assert two["Auto-Submitted"] == "no"
    assert one["X-Auto-Response-Suppress"] == "All"
    assert "您好，\n\n请看附件。" in two.get_content().replace("\r\n", "\n")
    assert "Wang Fang" in two.get_content()


def test_sent_again_it_keeps_its_message_id(letter, post):
    first = compose(letter).extra_headers["Message-ID"]
    send(letter)
    assert post.letters[0]["Message-ID"] == first


def test_the_question_whether_it_is_solved_arrives(ticket, wang, post):
    resolve(ticket=ticket, root_cause="", solution="", words="已更换", by=wang, now=NOW)
    row = ticket.follow_ups.get()
    advance(pk=row.pk, now=NOW + HOUR)
    send(ticket.letters.get(kind=LetterKind.RESOLVED), NOW + HOUR)
    text = post.letters[0].get_content()
    assert "已更换" in text
    assert "/r/" in text


@pytest.mark.parametrize(
    ("language", "word"), [("zh-hans", "已收到"), ("en", "received your request")]
)
def test_the_language_is_the_customers_not_the_workers(desk, post, language, word):
    ticket = TicketFactory(language=language)
    send(ticket.letters.get())
    assert word in post.letters[0]["Subject"]


def test_no_header_can_be_smuggled_into_the_subject(letter, post):
    Ticket.objects.update(subject="Hi\r\nBcc: everyone@example.com\r\n\r\nBuy this")
    send(letter)
    (mail,) = post.letters
    assert mail["Bcc"] is None
    assert mail.sent_to == ["zhang.wei@example.com"]
    assert "\n" not in mail["Subject"]


def test_no_header_can_be_smuggled_into_the_address(letter, post):
    point = letter.contact
    point.value = "a@example.com\r\nBcc: everyone@example.com"
    point.save()
    send(letter)
    assert post.letters == []
    assert fresh(letter).state == LetterState.FAILED


def test_text_is_text_and_not_markup(ticket, wang, post):
    reply(ticket=ticket, body="1 < 2 & 'so' {{ on }}", by=wang, now=NOW)
    send(ticket.letters.get(kind=LetterKind.REPLY))
    assert "1 < 2 & 'so' {{ on }}" in post.letters[0].get_content()


def test_only_failed_and_unsure_letters_are_sent_again(letter, post):
    send(letter)
    send_again(letter=letter, now=NOW)
    assert fresh(letter).state == LetterState.SENT


def test_an_address_that_cannot_be_read_is_told_in_clear_words(letter, post):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_contactpoint SET value = set_byte(value, 20,"
            " get_byte(value, 20) # 255)"
        )
    assert send(letter)
    row = fresh(letter)
    assert row.state == LetterState.FAILED
    assert row.error == "the address cannot be decrypted"
    assert post.letters == []


def test_a_letter_that_cannot_be_written_is_due_again(letter, post, monkeypatch):
    from tickets import emails  # noqa: PLC0415

    def broken(_letter):
        raise ZeroDivisionError

    monkeypatch.setattr(emails, "compose", broken)
    with pytest.raises(ZeroDivisionError):
        send(letter)
    row = fresh(letter)
    assert (row.state, row.error) == (LetterState.DUE, "ZeroDivisionError")


def test_the_oldest_living_address_is_written_to(letter, ticket):
    newer = ContactPoint.objects.create(
        customer=Customer.objects.get(),
        kind="email",
        value="new@example.com",
        created_at=NOW + HOUR,
    )
    assert owe(ticket, LetterKind.REPLY, now=NOW) == letter.contact_id
    ContactPoint.objects.filter(pk=letter.contact_id).update(dead_at=NOW)
    assert owe(ticket, LetterKind.REPLY, now=NOW) == newer.pk
    ContactPoint.objects.update(dead_at=NOW)
    assert owe(ticket, LetterKind.REPLY, now=NOW) is None


def test_an_answer_by_phone_owes_no_letter(desk):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory(contact="13812345678")
    reply(ticket=ticket, body="您好", by=wang, now=NOW)
    assert not ticket.letters.exists()
