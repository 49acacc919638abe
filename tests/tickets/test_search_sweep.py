"""What search has yet to read is a row; whatever happens to the sweep, none is lost."""

import io

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils.timezone import now

from servicedesk.celery import app
from tests.desk import at_once, fresh, while_open
from tests.factories import DAY, HOUR, NOW, TicketFactory, UserFactory, team_of
from tests.faults.crash import Crash
from tests.tickets.searching import found, have_read
from tickets import tasks
from tickets.actions import texts
from tickets.actions.reply import receive, reply
from tickets.actions.search import forget_searches, keep_search
from tickets.actions.take import take
from tickets.actions.texts import read_due
from tickets.actions.transfer import transfer
from tickets.models import Message, Search, TextDue, Ticket, TicketText
from tickets.queries import texts as reading

LATER = NOW + HOUR


@pytest.fixture
def calm(ticket):
    """All that was written so far has been read."""
    TextDue.objects.all().delete()
    TextDue.objects.create(ticket=ticket)
    have_read()
    return ticket


def due():
    return set(TextDue.objects.values_list("ticket", flat=True))


def test_whatever_changes_the_words_is_due_and_nothing_else_is(calm, wang):
    take(ticket=calm, by=wang, now=LATER)
    assert due() == set()
    changes = [
        lambda: reply(ticket=calm, body="您好", by=wang, now=LATER),
        lambda: Message.objects.filter(ticket=calm).update(body="改了"),
        lambda: Message.objects.filter(ticket=calm, kind="outbound").delete(),
        lambda: Ticket.objects.filter(pk=calm.pk).update(subject="改了"),
        lambda: Ticket.objects.filter(pk=calm.pk).update(solution="改了"),
        lambda: Ticket.objects.filter(pk=calm.pk).update(root_cause="改了"),
    ]
    for change in changes:
        change()
        assert due() == {calm.pk}
        have_read()
        assert due() == set()


def test_a_change_that_is_rolled_back_is_not_due(calm):
    with transaction.atomic():
        receive(ticket=calm, body="还在吗", now=LATER)
        transaction.set_rollback(True)
    assert due() == set()


def test_the_task_reads_all_that_is_due(desk, wang):
    made = [TicketFactory(subject="退款") for _ in range(texts.BATCH // 50 + 2)]
    assert tasks.sweep_texts.apply().get() >= len(made)
    assert set(found("退款", wang)) == set(made)
    assert tasks.sweep_texts.apply().get() == 0


def test_the_sweep_is_in_the_timetable_every_few_seconds():
    entry = app.conf.beat_schedule["texts to be found"]
    assert entry["task"] == tasks.sweep_texts.name
    assert entry["schedule"] <= 3


@pytest.mark.slow
def test_a_reader_that_dies_anywhere_loses_nothing(calm, wang):
    for at in range(1, 40):
        receive(ticket=calm, body=f"第{at}次来信", now=LATER)
        crash = Crash(at=at)
        try:
            with connection.execute_wrapper(crash):
                read_due(now=now())
        except OperationalError:
            assert due() == {calm.pk}
        have_read()
        assert found(f"第{at}次", wang) == [calm]
        if not crash.struck:
            break
    assert 4 < at < 39


def test_one_text_that_cannot_be_read_holds_up_no_other(calm, wang, monkeypatch):
    good, bad = TicketFactory(subject="退款"), TicketFactory(subject="退款")
    real = reading.read

    def read(ticket, said):
        if ticket.pk == bad.pk:
            raise ValueError(ticket.subject)
        return real(ticket, said)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", read)
        assert read_due(now=now()).failed == 1
        assert found("退款", wang) == [good]
        assert {row.tries for row in TextDue.objects.all()} == {1}
        assert read_due(now=now()).rows == 0, "it is put off"
        assert read_due(now=now() + DAY).failed == 1
    assert read_due(now=now() + 2 * DAY).failed == 0
    assert set(found("退款", wang)) == {good, bad}


def test_one_text_that_postgresql_refuses_holds_up_no_other(
    calm, wang, monkeypatch, caplog
):
    good, bad = TicketFactory(subject="退款"), TicketFactory(subject="退款")
    real = reading.Vector.literal
    made = []

    def literal(vector):
        made.append(vector)
        return "'" if len(made) == 1 else real(vector)

    with monkeypatch.context() as patch:
        patch.setattr(reading.Vector, "literal", literal)
        assert read_due(now=now()).failed == 1
    assert len(found("退款", wang)) == 1
    assert "退款" not in caplog.text
    read_due(now=now() + HOUR)
    assert set(found("退款", wang)) == {good, bad}


def test_two_readers_share_the_work(committed):
    wang = UserFactory(team="call-centre")
    made = {TicketFactory(subject="退款").pk for _ in range(12)}
    moment = now()
    read = at_once(*[lambda: read_due(now=moment, most=10)] * 3)
    assert all(not isinstance(each, Exception) for each in read)
    have_read()
    assert {ticket.pk for ticket in found("退款", wang)} == made
    assert TicketText.objects.count() == 12


def test_what_changes_while_it_is_read_is_read_again(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    have_read()
    receive(ticket=ticket, body="您好", now=LATER)
    reader, _page = while_open(
        lambda: read_due(now=now()),
        lambda: receive(ticket=ticket, body="还在吗", now=LATER),
        passes_by=True,  # a page does not wait for the reader
    )
    assert reader.rows
    have_read()
    assert found("还在吗", wang) == [ticket]


def test_a_change_that_commits_after_a_later_wish_was_read_is_found(committed):
    wang = UserFactory(team="call-centre")
    ticket = TicketFactory()
    have_read()
    with transaction.atomic():
        receive(ticket=ticket, body="还在吗", now=LATER)
        # Its row is older than the one of the wish, and can be read only later.
        at_once(texts.mark_all)
        [read] = at_once(lambda: read_due(now=now()))
        assert read.rows
    have_read()
    assert found("还在吗", wang) == [ticket]


def test_an_older_reading_never_replaces_a_newer_one(calm):
    row = TicketText.objects.get(ticket=calm)
    TicketText.objects.update(mark=row.mark + 1000)
    Message.objects.filter(ticket=calm).update(body="退款")
    have_read()
    assert fresh(row).vector == row.vector


def test_a_transfer_while_the_first_text_is_written_is_followed(committed):
    wang = UserFactory(team="call-centre")
    chen = UserFactory(display_name="Chen Jie", team="technical")
    ticket = TicketFactory(subject="退款")
    while_open(
        lambda: read_due(now=now()),
        lambda: transfer(
            ticket=ticket, team=team_of("technical"), to=None, words="w",
            hand_over="h", by=wang, now=LATER,
        ),
    )  # fmt: skip
    have_read()
    assert found("退款", chen) == [ticket]


def test_a_page_that_holds_a_ticket_does_not_hold_up_the_others(committed):
    wang = UserFactory(team="call-centre")
    held, free = TicketFactory(subject="退款"), TicketFactory(subject="退款")

    def hold():
        return Ticket.objects.select_for_update().get(pk=held.pk)

    _held, read = while_open(hold, lambda: read_due(now=now()), passes_by=True)
    assert read.failed == 1
    assert found("退款", wang) == [free]
    read_due(now=now() + HOUR)
    assert set(found("退款", wang)) == {held, free}


@pytest.mark.slow
def test_a_very_long_conversation_is_read_newest_first(calm, wang):
    Message.objects.bulk_create(
        Message(
            ticket=calm, seq=n, kind="inbound", channel="web", created_at=LATER,
            body=f"第{n}封信：退款还没有到账，请尽快处理。",
        )
        for n in range(2, 2_000)
    )  # fmt: skip
    Ticket.objects.filter(pk=calm.pk).update(message_count=1_999)
    have_read()
    assert found("第1999封信", wang) == [calm]
    assert found("耳机", wang) == [calm], "single words are found however old"
    assert not TicketText.objects.get().cut


def test_everything_can_be_read_again(calm, wang):
    others = [TicketFactory(subject="退款") for _ in range(3)]
    have_read()
    TicketText.objects.all().delete()
    call_command("reindex_search", "--later", stdout=io.StringIO())
    told = io.StringIO()
    call_command("reindex_search", stdout=told)
    assert "4 tickets are to be read" in told.getvalue()
    assert "4 read" in told.getvalue()
    assert set(found("退款", wang)) == set(others)


def test_what_changed_just_now_goes_before_what_is_read_again(calm, wang):
    new = TicketFactory(subject="退款")
    TextDue.objects.all().delete()
    TextDue.objects.create(ticket=calm, rebuild=True)
    TextDue.objects.create(ticket=new)
    read_due(now=now(), most=1)
    assert due() == {calm.pk}


def test_searches_are_sealed_and_forgotten_after_a_day(wang):
    kept = keep_search(words="张伟 13800138000", by=wang, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM tickets_search")
        assert "张伟".encode() not in bytes(cursor.fetchone()[0])
    assert fresh(kept).words == "张伟 13800138000"
    assert forget_searches(now=NOW + DAY) == 0
    assert forget_searches(now=NOW + DAY + HOUR) == 1
    assert not Search.objects.exists()
