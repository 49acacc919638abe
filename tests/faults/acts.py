"""The acts that must be whole or not at all: how each begins, is done, and looks."""

import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from customers.models import Customer
from tests.desk import fresh
from tests.factories import DAY, HOUR, NOW, TicketFactory, UserFactory, request, team_of
from tickets.actions.classify import classify
from tickets.actions.create import create_ticket
from tickets.actions.customer_page import customer_writes
from tickets.actions.escalate import escalate
from tickets.actions.follow_up import advance, answer, record_call
from tickets.actions.reply import note, reply
from tickets.actions.resolve import reopen, resolve, undo_resolve
from tickets.actions.take import assign, take, take_next
from tickets.actions.transfer import transfer
from tickets.actions.wait import wait
from tickets.actions.watch_clocks import check_clock
from tickets.models import FollowUpOutcome, Ticket, TicketStatus


@dataclass(frozen=True)
class Act:
    """`before` makes the stage, `do` is the act, `look` asserts that it was done once."""

    before: Any
    do: Any
    look: Any


def _people():
    UserFactory(display_name="Chen Jie", team="technical")
    return SimpleNamespace(
        wang=UserFactory(display_name="Wang Fang", team="call-centre"),
        zhao=UserFactory(
            display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
        ),
        key=uuid.uuid4(),
    )


def _with_ticket():
    stage = _people()
    stage.ticket = TicketFactory()
    return stage


def _solve(stage, now=NOW):
    resolve(
        ticket=stage.ticket,
        root_cause="cable",
        solution="replaced",
        words="ok",
        by=stage.wang,
        now=now,
    )


def _resolved():
    stage = _with_ticket()
    _solve(stage)
    stage.row = stage.ticket.follow_ups.get()
    return stage


def _called():
    stage = _resolved()
    for moment in (NOW + HOUR, NOW + DAY):
        advance(pk=stage.row.pk, now=moment)
    return stage


def _create(stage):
    create_ticket(
        request=request(contact="13812345678"),
        by=None,
        now=NOW,
        client_key=stage.key,
    )


def _created(stage):
    ticket = Ticket.objects.get()
    assert Customer.objects.count() == 1
    assert ticket.messages.count() == ticket.events.count() == 1
    assert ticket.clocks.count() == 2
    _create(stage)
    assert Ticket.objects.count() == 1


def _taken(stage):
    assert fresh(stage.ticket).assignee == stage.wang
    assert stage.ticket.events.filter(kind="taken").count() == 1


def _reply(stage):
    reply(
        ticket=stage.ticket,
        body="您好",
        by=stage.wang,
        now=NOW,
        seen_seq=1,
        client_key=stage.key,
    )


def _replied(stage):
    _reply(stage)
    assert stage.ticket.messages.count() == 2
    assert stage.ticket.letters.filter(kind="reply").count() == 1
    assert fresh(stage.ticket).unanswered_since is None


def _transfer(stage):
    transfer(
        ticket=stage.ticket,
        team=team_of("technical"),
        to=None,
        words="w",
        hand_over="h",
        by=stage.wang,
        now=NOW,
    )


def _transferred(stage):
    assert fresh(stage.ticket).team.slug == "technical"
    assert stage.ticket.messages.count() == 3


def _is_resolved(stage):
    assert fresh(stage.ticket).status == TicketStatus.RESOLVED
    assert stage.ticket.follow_ups.owed().count() == 1
    assert stage.ticket.messages.count() == 2


def _undone(stage):
    assert fresh(stage.ticket).status == TicketStatus.NEW
    assert stage.ticket.messages.count() == 1
    assert not stage.ticket.follow_ups.owed().exists()


def _closed(stage):
    assert fresh(stage.ticket).status == TicketStatus.CLOSED
    assert stage.ticket.events.filter(kind="closed").count() == 1


def _reopened(stage):
    ticket = fresh(stage.ticket)
    assert (ticket.status, ticket.level) == (TicketStatus.OPEN, 2)
    assert ticket.events.filter(kind="reopened").count() == 1
    assert ticket.clocks.filter(state="running").count() == 2


def _asked(stage):
    assert fresh(stage.row).stage == "asked"
    assert stage.ticket.letters.filter(kind="resolved").count() == 1


def _missed(stage):
    assert fresh(stage.row).missed_at == NOW + 2 * DAY
    assert stage.ticket.events.filter(kind="missed").count() == 1


def _breach(stage):
    clock = stage.ticket.clocks.get(target="resolution")
    check_clock(pk=clock.pk, now=clock.due_at + HOUR)


def _breached(stage):
    kinds = list(stage.ticket.events.values_list("kind", flat=True))
    assert kinds.count("breached") == kinds.count("escalated") == 1
    assert fresh(stage.ticket).assignee == stage.zhao


def _write(stage):
    customer_writes(
        ticket=stage.ticket, body="还是不行", now=NOW + HOUR, client_key=stage.key
    )


def _answered():
    stage = _with_ticket()
    _reply(stage)
    return stage


def _wait(stage):
    status = TicketStatus.WAITING_CUSTOMER
    wait(ticket=stage.ticket, status=status, by=stage.wang, now=NOW + HOUR)


def _classify(stage):
    classify(
        ticket=stage.ticket,
        category=stage.ticket.category,
        severity=1,
        urgency=1,
        phase="after_sale",
        by=stage.wang,
        now=NOW,
    )


def _record(stage):
    record_call(
        follow_up=stage.row,
        outcome=FollowUpOutcome.NOT_SATISFIED,
        words="没声音",
        by=stage.wang,
        now=NOW + DAY + HOUR,
    )


def _happened(kind, times=1):
    def look(stage):
        assert stage.ticket.events.filter(kind=kind).count() == times
        assert stage.ticket.follow_ups.owed().count() == 0

    return look


def _messages(number):
    def look(stage):
        assert stage.ticket.messages.count() == number

    return look


ACTS = {
    "create": Act(_people, _create, _created),
    "take": Act(
        _with_ticket, lambda s: take(ticket=s.ticket, by=s.wang, now=NOW), _taken
    ),
    "reply": Act(_with_ticket, _reply, _replied),
    "transfer": Act(_with_ticket, _transfer, _transferred),
    "resolve": Act(_with_ticket, _solve, _is_resolved),
    "undo": Act(
        _resolved,
        lambda s: undo_resolve(ticket=s.ticket, by=s.wang, now=NOW + HOUR),
        _undone,
    ),
    "ask": Act(_resolved, lambda s: advance(pk=s.row.pk, now=NOW + HOUR), _asked),
    "miss": Act(_called, lambda s: advance(pk=s.row.pk, now=NOW + 2 * DAY), _missed),
    "solved": Act(
        _resolved,
        lambda s: answer(ticket=s.ticket, satisfied=True, now=NOW + HOUR),
        _closed,
    ),
    "not solved": Act(
        _resolved,
        lambda s: answer(ticket=s.ticket, satisfied=False, now=NOW + HOUR),
        _reopened,
    ),
    "customer writes": Act(_resolved, _write, _reopened),
    "breach": Act(_with_ticket, _breach, _breached),
    "take next": Act(
        _with_ticket, lambda s: take_next(by=s.wang, now=NOW, client_key=s.key), _taken
    ),
    "note": Act(
        _with_ticket,
        lambda s: note(ticket=s.ticket, body="n", by=s.wang, now=NOW, client_key=s.key),
        _messages(2),
    ),
    "assign": Act(
        _with_ticket,
        lambda s: assign(ticket=s.ticket, to=s.wang, by=s.zhao, now=NOW),
        _happened("assigned"),
    ),
    "escalate": Act(
        _with_ticket,
        lambda s: escalate(ticket=s.ticket, reason="r", by=s.wang, now=NOW),
        _happened("escalated"),
    ),
    "wait": Act(_answered, _wait, _happened("status", 2)),
    "reopen": Act(
        _resolved,
        lambda s: reopen(ticket=s.ticket, reason="r", by=s.wang, now=NOW + HOUR),
        _happened("reopened"),
    ),
    "classify": Act(_with_ticket, _classify, _happened("classified")),
    "record a call": Act(_called, _record, _reopened),
}
