"""Machines whose clocks differ: nothing breaks, doubles or runs backwards."""

import datetime as dt

import pytest
from django.utils import timezone

from servicedesk.core import tasks as core_tasks
from servicedesk.core.clocks import Interval, elapsed
from servicedesk.core.database_time import database_time
from servicedesk.core.errors import RuleError
from servicedesk.core.public_forms import stamp
from servicedesk.staff import tasks as staff_tasks
from servicedesk.staff.tasks import sweep_presence
from tests.desk import fresh
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory
from tests.tickets.test_request_form import FORM, filled
from tickets import links, tasks
from tickets.actions.customer_page import customer_writes
from tickets.actions.follow_up import advance, answer
from tickets.actions.reply import receive, reply
from tickets.actions.resolve import reopen, resolve, undo_resolve
from tickets.actions.wait import wait
from tickets.management.commands import reindex_search
from tickets.models import Ticket, TicketStatus
from tickets.queries.customer_page import progress

BEHIND = NOW - HOUR
AHEAD = NOW + HOUR


def whole(ticket):
    """Assert that the clocks of a ticket make sense, and return their states."""
    for clock in ticket.clocks.all():
        rows = clock.intervals.order_by("start", "id")
        stretches = [Interval(row.state, row.start, row.end) for row in rows]
        last = max(row.end or row.start for row in rows)
        ran = elapsed(
            stretches, clock.calendar.calendar_value(), last
        )  # refuses overlaps
        assert ran >= 0
        assert clock.elapsed is None or clock.elapsed >= 0
        assert (clock.state in {"running", "paused"}) == (stretches[-1].end is None)
    return {clock.target: clock.state for clock in ticket.clocks.order_by("id")}


def solve(ticket, by, now):
    resolve(
        ticket=ticket, root_cause="a", solution="b", words="solved", by=by, now=now
    )  # fmt: skip


def test_an_answer_from_a_machine_that_is_behind_meets_the_promise(ticket, wang):
    reply(ticket=ticket, body="您好", by=wang, now=BEHIND)
    assert whole(ticket) == {"first_response": "met", "resolution": "running"}
    assert ticket.clocks.get(target="first_response").elapsed == 0


@pytest.mark.parametrize("moments", [(BEHIND, BEHIND), (AHEAD, NOW), (NOW, BEHIND)])
def test_waiting_begins_and_ends_on_machines_that_differ(ticket, wang, moments):
    reply(ticket=ticket, body="您好", by=wang, now=NOW)
    begun, over = moments
    wait(ticket=ticket, status=TicketStatus.WAITING_CUSTOMER, by=wang, now=begun)
    assert whole(ticket)["resolution"] == "paused"
    receive(ticket=ticket, body="还是没有声音", now=over)
    assert whole(ticket)["resolution"] == "running"
    assert fresh(ticket).due_at is not None
    assert fresh(ticket).status == TicketStatus.OPEN
    solve(ticket, wang, BEHIND)
    assert set(whole(ticket).values()) == {"met"}


@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize(
    ("solved", "undone"), [(AHEAD, NOW), (BEHIND, NOW), (NOW, BEHIND), (BEHIND, BEHIND)]
)
def test_a_resolution_is_taken_back_on_another_machine(
    ticket, wang, waiting, solved, undone
):
    reply(ticket=ticket, body="您好", by=wang, now=NOW)
    if waiting:
        wait(ticket=ticket, status=TicketStatus.WAITING_CUSTOMER, by=wang, now=NOW)
    solve(ticket, wang, solved)
    undo_resolve(ticket=ticket, by=wang, now=undone)
    assert whole(ticket)["resolution"] == ("paused" if waiting else "running")
    solve(ticket, wang, NOW + MINUTE)
    assert whole(ticket)["resolution"] == "met"
    assert ticket.follow_ups.owed().count() == 1


def test_nothing_is_taken_back_that_the_customer_answered_on_a_slow_machine(
    ticket, wang
):
    solve(ticket, wang, NOW)
    customer_writes(ticket=ticket, body="谢谢", needs_answer=False, now=BEHIND)
    with pytest.raises(RuleError, match="written since"):
        undo_resolve(ticket=ticket, by=wang, now=NOW)


def test_the_question_that_is_open_is_asked_though_its_time_is_earlier(ticket, wang):
    solve(ticket, wang, AHEAD)
    reopen(ticket=ticket, reason="again", by=wang, now=NOW)
    solve(ticket, wang, NOW + MINUTE)
    advance(pk=ticket.follow_ups.owed().get().pk, now=NOW + HOUR)
    link = links.issue_link(ticket=ticket, now=NOW)

    assert progress(links.read_token(links.token_of(link), now=NOW))["ask"]
    answer(ticket=ticket, satisfied=True, now=NOW + HOUR)
    assert fresh(ticket).status == TicketStatus.CLOSED


def test_a_follow_up_takes_each_step_once_whatever_the_clocks_of_two_workers(
    ticket, wang
):
    solve(ticket, wang, NOW)
    row = ticket.follow_ups.get()
    slow, quick = dt.timedelta(hours=-1), dt.timedelta(hours=1)
    for tick in range(60):
        for skew in (slow, quick):
            advance(pk=row.pk, now=NOW + tick * HOUR + skew)
    kinds = list(ticket.events.values_list("kind", flat=True))
    assert [kinds.count(one) for one in ("asked", "call_due", "missed")] == [1, 1, 1]
    assert ticket.letters.filter(kind="resolved").count() == 1
    assert fresh(row).missed_at == NOW + 2 * DAY


@pytest.fixture(params=[dt.timedelta(hours=-3), dt.timedelta(hours=3)])
def _wrong_clock(request, monkeypatch):
    """Set this machine's clock wrong; the database keeps the right time."""
    true = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true() + request.param)


@pytest.mark.usefixtures("_wrong_clock")
def test_sweeps_go_by_the_database_and_not_by_their_machine(desk, wang):
    true = database_time()()
    assert abs(true - timezone.now()) > 2 * HOUR
    early, late = (TicketFactory(now=true - each) for each in (HOUR, 60 * DAY))
    for ticket in (early, late):
        solve(ticket, wang, ticket.created_at + 30 * MINUTE)
    Ticket.objects.filter(pk=late.pk).update(status="open")
    rows = [ticket.follow_ups.get() for ticket in (early, late)]
    type(rows[0]).objects.filter(pk=rows[0].pk).update(next_at=true + HOUR)
    type(rows[0]).objects.filter(pk=rows[1].pk).update(next_at=true - MINUTE)

    tasks.sweep_follow_ups()

    assert [fresh(row).stage for row in rows] == ["scheduled", "asked"]
    assert sweep_presence() == 0


def test_no_task_looks_at_its_own_machines_clock():
    for module in (tasks, core_tasks, staff_tasks, reindex_search):
        assert not {"now", "timezone"} & set(vars(module)), module.__name__


def test_the_clock_of_a_sweep_goes_on(desk):
    now = database_time()
    first, second = now(), now()
    assert second > first
    assert first.tzinfo is not None
    assert abs(first - timezone.now()) < MINUTE


def test_a_form_from_a_page_of_a_machine_that_is_ahead_is_taken(desk, client):
    ahead = stamp(timezone.now() + HOUR)
    assert client.post(FORM, filled(opened=ahead)).status_code == 302
    soon = stamp(timezone.now())
    assert client.post(FORM, filled(opened=soon, body="x")).status_code == 422
    assert Ticket.objects.count() == 1


def test_a_link_made_on_a_machine_that_is_ahead_opens(ticket):
    link = links.issue_link(ticket=ticket, now=AHEAD)
    token = links.token_of(link)
    assert links.read_token(token, now=NOW) == link
    assert links.issue_link(ticket=ticket, now=BEHIND) == link
