"""Who finds which ticket by which words."""

import datetime as dt

import pytest
from django.db import connection

from servicedesk.core.search.asked import read
from servicedesk.staff.actions.team import add_member, remove_member
from tests.desk import fresh
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory, UserFactory, team_of
from tests.tickets.searching import found, have_read
from tests.tickets.test_visible import view
from tickets.actions.reply import note, receive, reply
from tickets.actions.resolve import resolve, undo_resolve
from tickets.actions.transfer import transfer
from tickets.models import (
    Ticket,
    TicketGroupObjectPermission,
    TicketStatus,
    TicketUserObjectPermission,
)
from tickets.queries import search
from tickets.queries.search import Narrow, find

LATER = NOW + HOUR


@pytest.fixture
def refund(desk):
    return TicketFactory(
        subject="退款什么时候到账",
        body="我上周申请的退款，订单号 2026112233445，还没有到。The parcels were returned.",
    )


@pytest.mark.parametrize(
    "words",
    [
        "退款", "款", "退款什么", "什么时候到账", "申请的退款", "订单 退款",
        "parcel", "RETURNING", "20261122", "2026112233445", "退款 -物流",
        "“退款什么”", "退款parcel".replace("parcel", " parcel"),
    ],
)  # fmt: skip
def test_it_is_found_by(refund, wang, words):
    TicketFactory(subject="收到的耳机", body="左边没有声音")
    have_read()
    assert found(words, wang) == [refund]


@pytest.mark.parametrize(
    "words", ["退货", "款退", "到账退款", "refund", "11223", "退款 -到账"]
)
def test_it_is_not_found_by(refund, wang, words):
    have_read()
    assert found(words, wang) == []


def test_by_number_and_by_how_it_begins(refund, wang):
    other = TicketFactory()
    have_read()
    assert found(refund.number, wang) == [refund]
    assert set(found(refund.number[:10], wang)) == {refund, other}
    assert found(refund.number.rpartition("-")[2], wang) == [refund]


def test_words_of_one_ticket_stand_in_any_of_its_texts(refund, wang):
    receive(ticket=refund, body="请尽快处理", now=LATER)
    have_read()
    assert found("到账 处理", wang) == [refund]
    assert found("到账处理", wang) == []


def test_each_text_of_a_ticket_is_found(refund, wang):
    reply(ticket=refund, body="已经联系财务", by=wang, now=LATER)
    note(ticket=refund, body="银行卡号有误", by=wang, now=LATER)
    resolve(
        ticket=refund, words="已重新打款", root_cause="账户填错", solution="核对后重发",
        by=wang, now=LATER,
    )  # fmt: skip
    have_read()
    for words in ("财务", "银行卡号", "重新打款", "账户填错", "核对后"):
        assert found(words, wang) == [refund], words


def test_what_undo_takes_back_is_no_longer_found(refund, wang):
    resolve(
        ticket=refund,
        words="已重新打款",
        root_cause="",
        solution="",
        by=wang,
        now=LATER,
    )
    have_read()
    assert found("重新打款", wang) == [refund]
    undo_resolve(ticket=fresh(refund), by=wang, now=LATER + MINUTE)
    have_read()
    assert found("重新打款", wang) == []
    assert found("退款", wang) == [refund]


def test_a_ticket_that_is_deleted_leaves_nothing(refund, wang):
    have_read()
    for each in ("events", "clocks", "letters", "links"):
        getattr(refund, each).all().delete()
    refund.messages.all().delete()
    Ticket.objects.filter(pk=refund.pk).delete()
    have_read()
    assert found("退款", wang) == []


def test_other_teams_and_strangers_find_nothing(refund, chen):
    have_read()
    for other in (
        chen,
        UserFactory(display_name="No Team"),
        UserFactory(role="trainer"),
    ):
        assert found("退款", other) == []
    assert found("退款", UserFactory(role="management", team="call-centre")) == []


def test_who_leaves_the_team_finds_nothing_more(refund, wang):
    have_read()
    remove_member(team=team_of("call-centre"), user=wang)
    assert found("退款", wang) == []


def test_who_is_in_two_teams_finds_both_newest_first(refund, wang):
    other = TicketFactory(category="technical", subject="退款", now=LATER)
    have_read()
    assert found("退款", wang) == [refund]
    add_member(team=team_of("technical"), user=wang)
    assert found("退款", wang) == [other, refund]
    assert found("退款", wang, Narrow(team=team_of("technical").pk)) == [other]


def test_a_grant_opens_one_ticket_to_a_person_or_a_team(refund, chen, sun):
    TicketFactory(subject="退款")
    have_read()
    TicketUserObjectPermission.objects.create(
        user=chen, content_object=refund, permission=view()
    )
    assert found("退款", chen) == [refund]
    assert found("退款", sun) == []
    TicketGroupObjectPermission.objects.create(
        group=team_of("technical").group, content_object=refund, permission=view()
    )
    assert found("退款", sun) == found("退款", chen) == [refund]


def test_a_transfer_changes_at_once_who_finds_it(refund, wang, li, chen):
    have_read()
    assert found("退款", li) == [refund]
    assert found("退款", chen) == []
    transfer(
        ticket=refund, team=team_of("technical"), to=None, words="w", hand_over="h",
        by=wang, now=LATER,
    )  # fmt: skip
    # Nothing has been read since.
    assert found("退款", li) == []
    assert found("退款", chen) == [refund]
    assert found("退款", wang) == [refund], "who handed it over keeps sight of it"


def test_search_finds_exactly_what_may_be_seen(refund, wang, chen, sun, zhao):
    for category in ("technical", "question", "complaint", "technical"):
        TicketFactory(category=category, subject="退款")
    TicketUserObjectPermission.objects.create(
        user=sun, content_object=refund, permission=view()
    )
    have_read()
    for user in (wang, chen, sun, zhao, UserFactory(role="trainer", team="technical")):
        seen = set(Ticket.objects.visible_to(fresh(user)))
        assert set(found("退款", user)) == seen


def test_filters(refund, wang):
    mine = TicketFactory(subject="退款", now=LATER)
    Ticket.objects.filter(pk=mine.pk).update(assignee=wang)
    done = TicketFactory(subject="退款", now=LATER + HOUR)
    resolve(
        ticket=done, words="w", root_cause="", solution="", by=wang, now=LATER + DAY
    )
    spam = TicketFactory(subject="退款", now=LATER + 2 * HOUR)
    Ticket.objects.filter(pk=spam.pk).update(status=TicketStatus.SPAM)
    have_read()
    assert found("退款", wang) == [done, mine, refund]
    assert found("退款", wang, Narrow(status="open")) == [mine, refund]
    assert found("退款", wang, Narrow(status="done")) == [done]
    assert found("退款", wang, Narrow(status="spam")) == [spam]
    assert found("退款", wang, Narrow(status="open", mine=True)) == [mine]
    assert found("退款", wang, Narrow(since=LATER)) == [done, mine]
    assert found("退款", wang, Narrow(team=team_of("technical").pk)) == []


def test_newest_is_what_was_written_last(refund, wang):
    other = TicketFactory(subject="退款", now=LATER)
    have_read()
    assert found("退款", wang) == [other, refund]
    receive(ticket=refund, body="还在吗", now=LATER + HOUR)
    have_read()
    assert found("退款", wang) == [refund, other]


def test_best_is_the_subject_before_the_conversation(wang):
    best = TicketFactory(subject="退款", body="退款退款")
    middle = TicketFactory(subject="问题", body="退款", now=LATER)
    last = TicketFactory(subject="问题", body="请看备注 " * 30, now=LATER + HOUR)
    note(ticket=last, body="退款", by=wang, now=LATER + HOUR)
    have_read()
    assert found("退款", wang) == [last, middle, best]
    assert found("退款", wang, best=True) == [best, middle, last]


@pytest.mark.parametrize("best", [False, True])
@pytest.mark.parametrize("looked_through", [2, 4_000])
def test_pages_show_each_hit_once(wang, best, looked_through, monkeypatch):
    monkeypatch.setattr(search, "PAGE", 3)
    monkeypatch.setattr(search, "NEWEST_LOOKED_THROUGH", looked_through)
    add_member(team=team_of("technical"), user=wang)
    made = [
        TicketFactory(
            subject="退款" if n % 2 else "物流",
            category=("question", "technical")[n % 3 // 2],
            now=NOW + dt.timedelta(minutes=n // 2),
        )
        for n in range(20)
    ]
    wanted = [ticket for ticket in made if ticket.subject == "退款"]
    have_read()
    pages, after = [], ""
    while True:
        page = find(read("退款"), fresh(wang), best=best, after=after)
        pages.append(page.keys)
        after = page.following
        if not after:
            break
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    keys = [key for page in pages for key in page]
    assert set(keys) == {ticket.pk for ticket in wanted}
    if not best:
        moments = [Ticket.objects.get(pk=key).created_at for key in keys]
        assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("after", ["x", "~", "2026-01-01~x", "-1", "9" * 30, "\x00"])
def test_a_cursor_that_was_tampered_with_begins_at_the_beginning(refund, wang, after):
    have_read()
    assert found("退款", wang, after=after) == [refund]


def test_a_place_too_long_for_a_number_is_the_beginning(refund, wang):
    have_read()
    assert found("退款", wang, best=True, after="9" * 5000) == [refund]


def test_a_search_that_takes_too_long_is_given_up(refund, wang, monkeypatch):
    have_read()

    def slow(*_given):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    with monkeypatch.context() as patch:
        patch.setattr(search, "PATIENCE", 20)
        patch.setattr(search, "_newest", slow)
        with pytest.raises(search.TooMuchError):
            found("退款", wang)
    assert found("退款", wang) == [refund]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",), "the limit is gone again"
