"""The queues of the inbox: what they hold, in which order, and how many wait."""

import pytest

from tests.desk import fresh
from tests.factories import DAY, MINUTE, NOW, TicketFactory, UserFactory
from tickets.actions.escalate import escalate
from tickets.actions.reply import reply
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.wait import wait
from tickets.models import Ticket, TicketStatus
from tickets.queries import queues
from tickets.queries.queues import QUEUES, cursor_of, page_of, queue_of, read_cursor
from tickets.queries.rows import rows_of, with_names


def numbers(key, user, now=NOW):
    found = page_of(queue_of(key), fresh(user), after=None, now=now)
    return [ticket.subject for ticket in found]


@pytest.fixture
def busy(wang, li, zhao):
    """Nine tickets, each in another state."""

    def made(subject, minutes, **asked):
        return TicketFactory(subject=subject, now=NOW + minutes * MINUTE, **asked)

    def solved(ticket, by):
        resolve(
            ticket=ticket, root_cause="", solution="", words="ok", by=by, now=NOW + DAY
        )

    made("free", 1)
    made("free and urgent", 2, severity=1, urgency=1)
    take(ticket=made("wang's", 3), by=wang, now=NOW + 10 * MINUTE)
    pressing = made("wang's urgent", 4, severity=1, urgency=1)
    take(ticket=pressing, by=wang, now=NOW + 11 * MINUTE)
    waiting = made("wang waits", 5, severity=4, urgency=4)
    take(ticket=waiting, by=wang, now=NOW + 12 * MINUTE)
    reply(ticket=waiting, body="?", by=wang, now=NOW + 12 * MINUTE)
    wait(
        ticket=waiting,
        status=TicketStatus.WAITING_CUSTOMER,
        by=wang,
        now=NOW + 13 * MINUTE,
    )
    take(ticket=made("li's", 6), by=li, now=NOW + 14 * MINUTE)
    up = made("second level", 7)
    escalate(ticket=up, reason="", by=wang, now=NOW + 15 * MINUTE)
    solved(made("solved", 8), wang)
    made("of the technicians", 9, category="technical")
    return wang


def test_every_queue_holds_what_its_name_says(busy, zhao):
    assert numbers("mine", busy) == ["wang's urgent", "wang's", "wang waits"]
    assert numbers("open", busy) == ["free and urgent", "free"]
    assert numbers("team", busy) == [
        "second level",
        "li's",
        "wang waits",
        "wang's urgent",
        "wang's",
        "free and urgent",
        "free",
    ]
    assert numbers("second", busy) == ["second level"]
    assert numbers("waiting", busy) == ["wang waits"]
    assert numbers("all", busy)[0] == "solved"
    assert len(numbers("all", busy)) == 8
    assert numbers("mine", zhao) == ["second level"]


def test_the_overdue_come_longest_overdue_first(busy):
    assert numbers("late", busy) == []
    late = page_of(queue_of("late"), fresh(busy), after=None, now=NOW + 30 * DAY)
    due = [ticket.due_at for ticket in late]
    assert len(due) == 6, "what waits on the customer is not late"
    assert due == sorted(due)


def test_an_unknown_queue_is_the_first(desk):
    assert queue_of("nonsense") is QUEUES[0]


def test_whoever_has_no_team_has_empty_queues(busy):
    alone = UserFactory(display_name="New Colleague")
    for queue in QUEUES:
        assert numbers(queue.key, alone) == []


@pytest.fixture
def crowd(wang, monkeypatch):
    """Eleven tickets, several of them of one moment and one priority."""
    monkeypatch.setattr(queues, "PAGE", 3)
    for number in range(11):
        ticket = TicketFactory(
            now=NOW + (number // 4) * MINUTE, severity=1 + number % 4
        )
        if number % 2:
            take(ticket=ticket, by=wang, now=NOW + (number // 5) * MINUTE)
            wait(
                ticket=ticket,
                status=TicketStatus.WAITING_COLLEAGUES,
                by=wang,
                now=NOW + (number // 5) * MINUTE,
            )
    Ticket.objects.update(level=2)
    return wang


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.key)
def test_pages_walk_every_ticket_exactly_once_in_order(crowd, queue):
    moment = NOW + 30 * DAY
    whole = list(queues.tickets_in(queue, crowd, now=moment).order_by(*queue.order))
    assert len(whole) >= 5
    walked, after = [], None
    for _ in range(len(whole)):
        page = list(page_of(queue, fresh(crowd), after=after, now=moment))
        walked += page[:3]
        if len(page) <= 3:
            break
        after = read_cursor(queue, cursor_of(queue, page[2]))
        assert after is not None
    assert walked == whole


@pytest.mark.parametrize("text", ["", "~", "x~y~z", "1~2~3~4", "9" * 99, "1~2020~x"])
@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.key)
def test_a_mangled_cursor_is_none(desk, queue, text):
    assert read_cursor(queue, text) is None


def test_counts_say_what_the_queues_hold(busy):
    found = queues.counts(fresh(busy), now=NOW + DAY)
    for queue in QUEUES:
        held = len(numbers(queue.key, busy, now=NOW + DAY))
        if queue.counted:
            assert found.get(queue.key, "0") == str(held)
        else:
            assert queue.key not in found


def test_counts_stop_at_99(wang, monkeypatch):
    monkeypatch.setattr(queues, "MOST_COUNTED", 4)
    for _ in range(4):
        TicketFactory()
    assert queues.counts(fresh(wang), now=NOW)["open"] == "4"
    TicketFactory()
    TicketFactory()
    assert queues.counts(fresh(wang), now=NOW)["open"] == "4+"


def test_the_bound_is_99():
    assert (queues.MOST_COUNTED, queues.PAGE) == (99, 50)


def test_all_counts_are_one_query(busy, django_assert_num_queries):
    user = fresh(busy)
    list(Ticket.objects.visible_to(user))
    with django_assert_num_queries(1):
        queues.counts(user, now=NOW)


def test_one_row_and_three_cost_the_same(wang, li, django_assert_num_queries):
    def look():
        user = fresh(wang)
        page = page_of(queue_of("team"), user, after=None, now=NOW)
        return rows_of(with_names(page), reader=user, now=NOW)

    take(ticket=TicketFactory(), by=wang, now=NOW)
    with django_assert_num_queries(3):
        assert len(look()) == 1
    for by in (wang, li):
        take(ticket=TicketFactory(), by=by, now=NOW)
    with django_assert_num_queries(3):
        assert len(look()) == 3


def test_a_row_shows_the_masked_name_only(wang):
    TicketFactory(name="欧阳娜娜", contact="13812345678")
    page = page_of(queue_of("team"), fresh(wang), after=None, now=NOW)
    (row,) = rows_of(with_names(page), reader=wang, now=NOW)
    assert row.customer == "欧***"
    assert "138" not in str(row)
    assert row.unread
    assert row.clock.state == "ok"
