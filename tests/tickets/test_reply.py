"""Answers, notes, and what the customer adds: which of them meet which promise."""

import uuid

import pytest

from servicedesk.core.errors import RuleError
from tests.desk import at_once, fresh, while_open
from tests.factories import HOUR, MINUTE, NOW, TicketFactory, UserFactory
from tickets.actions.drafts import save_draft
from tickets.actions.messages import NewerMessageError
from tickets.actions.reply import note, receive, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import assign, take
from tickets.actions.wait import wait
from tickets.models import Draft, LetterKind, MessageKind, TicketStatus


def clock(ticket, target):
    return ticket.clocks.filter(target=target).latest("id")


def test_an_answer_meets_the_first_response_and_credits_its_author(ticket, wang, li):
    take(ticket=ticket, by=li, now=NOW)
    reply(ticket=ticket, body="您好！", by=wang, now=NOW + HOUR)
    first = clock(ticket, "first_response")
    assert (first.state, first.met_by, first.stopped_at) == ("met", wang, NOW + HOUR)
    assert first.elapsed == HOUR.total_seconds()
    now = fresh(ticket)
    assert now.first_response_at == NOW + HOUR
    assert now.unanswered_since is None
    assert now.due_target == "resolution"
    assert clock(ticket, "resolution").state == "running"


def test_an_answer_in_the_very_last_moment_is_in_time(desk, wang):
    ticket = TicketFactory(channel="chat")
    promise = clock(ticket, "first_response")
    reply(ticket=ticket, body="Hello", by=wang, now=promise.due_at)
    assert clock(ticket, "first_response").state == "met"


def test_a_late_answer_is_a_breach_with_the_time_it_took(desk, wang):
    ticket = TicketFactory(channel="chat")
    reply(ticket=ticket, body="Hello", by=wang, now=NOW + MINUTE)
    late = clock(ticket, "first_response")
    assert (late.state, late.elapsed, late.met_by) == ("breached", 60, wang)
    assert late.breached_at == late.due_at


def test_a_note_meets_nothing(ticket, wang):
    before = list(ticket.clocks.order_by("id").values())
    note(ticket=ticket, body="Ask logistics?", by=wang, now=NOW + HOUR)
    now = fresh(ticket)
    assert list(ticket.clocks.order_by("id").values()) == before
    assert now.unanswered_since == NOW
    assert now.first_response_at is None
    assert now.status == TicketStatus.NEW
    assert not ticket.letters.filter(kind=LetterKind.REPLY).exists()


def test_neither_taking_nor_assigning_nor_waiting_meets_anything(ticket, wang, li):
    take(ticket=ticket, by=wang, now=NOW)
    assign(ticket=ticket, to=li, by=wang, now=NOW)
    wait(ticket=ticket, status=TicketStatus.WAITING_COLLEAGUES, by=li, now=NOW)
    assert clock(ticket, "first_response").state == "running"
    assert fresh(ticket).unanswered_since == NOW


def test_an_answer_to_a_new_ticket_opens_it_and_owes_a_letter(ticket, wang):
    message = reply(ticket=ticket, body="您好！", by=wang, now=NOW)
    assert fresh(ticket).status == TicketStatus.OPEN
    assert ticket.letters.get(kind=LetterKind.REPLY).message == message


def test_the_next_response_runs_from_the_oldest_unanswered_message(ticket, wang):
    reply(ticket=ticket, body="您好！", by=wang, now=NOW)
    receive(ticket=ticket, body="one", now=NOW + MINUTE)
    receive(ticket=ticket, body="two", now=NOW + 30 * MINUTE)
    assert fresh(ticket).unanswered_since == NOW + MINUTE
    promise = clock(ticket, "next_response")
    assert promise.started_at == NOW + MINUTE
    assert ticket.clocks.filter(target="next_response").count() == 1
    assert fresh(ticket).due_at == promise.due_at
    reply(ticket=ticket, body="three", by=wang, now=NOW + HOUR)
    assert clock(ticket, "next_response").state == "met"
    receive(ticket=ticket, body="four", now=NOW + 2 * HOUR)
    assert ticket.clocks.filter(target="next_response").count() == 2


def test_before_the_first_answer_only_the_first_response_runs(ticket):
    receive(ticket=ticket, body="and another thing", now=NOW + MINUTE)
    assert not ticket.clocks.filter(target="next_response").exists()
    assert fresh(ticket).unanswered_since == NOW


def test_nothing_is_sent_past_a_message_that_the_writer_has_not_seen(ticket, wang):
    save_draft(ticket=ticket, kind=MessageKind.OUTBOUND, body="Yes", by=wang, now=NOW)
    receive(ticket=ticket, body="It works again!", now=NOW + MINUTE)
    with pytest.raises(NewerMessageError, match="wrote again"):
        reply(ticket=ticket, body="Yes", by=wang, now=NOW + HOUR, seen_seq=1)
    assert ticket.messages.count() == fresh(ticket).message_count == 2
    assert not ticket.letters.filter(kind=LetterKind.REPLY).exists()
    assert clock(ticket, "first_response").state == "running"
    assert Draft.objects.get(ticket=ticket, user=wang).body == "Yes"
    assert reply(ticket=ticket, body="Yes", by=wang, now=NOW + HOUR, seen_seq=2).pk


def test_a_colleagues_note_does_not_stand_in_the_way(ticket, wang, li):
    note(ticket=ticket, body="Ask logistics?", by=li, now=NOW)
    assert reply(ticket=ticket, body="Yes", by=wang, now=NOW, seen_seq=1).seq == 3


def test_the_customer_writes_in_the_very_moment_of_sending(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    _message, answer = while_open(
        lambda: receive(ticket=ticket, body="It works again!", now=NOW),
        lambda: reply(ticket=ticket, body="Buy new", by=wang, now=NOW, seen_seq=1),
    )
    assert isinstance(answer, NewerMessageError)
    assert [each.body for each in ticket.messages.all()][1:] == ["It works again!"]


def test_ten_messages_at_once_have_ten_places(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    calls = [lambda: reply(ticket=ticket, body="a", by=wang, now=NOW)] * 3
    calls += [lambda: receive(ticket=ticket, body="b", now=NOW)] * 3
    made = at_once(*calls)
    assert sorted(message.seq for message in made) == [2, 3, 4, 5, 6, 7]
    assert fresh(ticket).message_count == 7


@pytest.mark.parametrize("act", [reply, note])
def test_the_same_form_twice_is_one_message(ticket, wang, act):
    key = uuid.uuid4()
    first = act(ticket=ticket, body="您好！", by=wang, now=NOW, client_key=key)
    again = act(ticket=ticket, body="您好！", by=wang, now=NOW, client_key=key)
    assert first == again
    assert ticket.messages.count() == 2
    assert ticket.letters.filter(kind=LetterKind.REPLY).count() == (act is reply)


def test_the_customers_form_twice_is_one_message(ticket):
    key = uuid.uuid4()
    first = receive(ticket=ticket, body="?", now=NOW, client_key=key)
    assert receive(ticket=ticket, body="?", now=NOW, client_key=key) == first
    assert ticket.messages.count() == 2


def test_the_same_answer_twice_at_once_is_one_message(committed):
    wang, key = UserFactory(team="call-centre"), uuid.uuid4()
    ticket = TicketFactory()
    sent = at_once(
        *[
            lambda: reply(
                ticket=ticket, body="a", by=wang, now=NOW, client_key=key, seen_seq=1
            )
        ]
        * 3
    )
    assert len({message.pk for message in sent}) == 1
    assert ticket.letters.filter(kind=LetterKind.REPLY).count() == 1


def test_the_draft_goes_when_the_answer_is_sent(ticket, wang, li):
    for by in (wang, li):
        save_draft(ticket=ticket, kind=MessageKind.OUTBOUND, body="a", by=by, now=NOW)
        save_draft(ticket=ticket, kind=MessageKind.NOTE, body="b", by=by, now=NOW)
    reply(ticket=ticket, body="a", by=wang, now=NOW)
    left = {(draft.user, draft.kind) for draft in Draft.objects.all()}
    assert left == {(wang, "note"), (li, "outbound"), (li, "note")}
    note(ticket=ticket, body="b", by=wang, now=NOW)
    assert not Draft.objects.filter(user=wang).exists()


def test_a_draft_is_kept_as_typed_and_forgotten_when_emptied(ticket, wang):
    for text in ("您", "您好", "您好！"):
        save_draft(ticket=ticket, kind=MessageKind.NOTE, body=text, by=wang, now=NOW)
    assert Draft.objects.get().body == "您好！"
    save_draft(ticket=ticket, kind=MessageKind.NOTE, body="  ", by=wang, now=NOW)
    assert not Draft.objects.exists()


def test_a_resolved_ticket_is_reopened_before_it_is_answered(ticket, wang):
    resolve(ticket=ticket, root_cause="", solution="", words="Done", by=wang, now=NOW)
    with pytest.raises(RuleError, match="Reopen"):
        reply(ticket=ticket, body="By the way", by=wang, now=NOW)
    assert note(ticket=ticket, body="For the records", by=wang, now=NOW).pk
