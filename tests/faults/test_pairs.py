"""Any two acts at once on one ticket: as if one had been first, and nothing is left over."""

from collections import Counter
from functools import partial
from itertools import combinations_with_replacement
from types import SimpleNamespace

import pytest

from servicedesk.core.clocks import Interval, elapsed
from servicedesk.core.errors import RuleError
from tests.desk import at_once, fresh
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory, UserFactory, team_of
from tickets.actions.customer_page import customer_writes
from tickets.actions.escalate import escalate
from tickets.actions.follow_up import advance, answer
from tickets.actions.reply import note, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import assign, take
from tickets.actions.transfer import transfer
from tickets.actions.watch_clocks import check_clock
from tickets.models import ClockState

LATER = NOW + HOUR


def _resolve(stage, by, now=LATER):
    resolve(
        ticket=stage.ticket, root_cause="a", solution="b", words="c",
        by=by, now=now, seen_seq=stage.seen,
    )  # fmt: skip


def _transfer(stage, by):
    transfer(
        ticket=stage.ticket, team=team_of("technical"), to=None, words="w",
        hand_over="h", by=by, now=LATER, seen_seq=stage.seen,
    )  # fmt: skip


def _sweep(stage, _by):
    for row in stage.ticket.follow_ups.all():
        advance(pk=row.pk, now=NOW + 3 * HOUR)


def _breach(stage, _by):
    # One: a sweep takes each clock in a transaction of its own.
    for clock in stage.ticket.clocks.filter(target="resolution").order_by("-id")[:1]:
        check_clock(pk=clock.pk, now=NOW + 90 * DAY)


ACTS = {
    "take": lambda s, by: take(ticket=s.ticket, by=by, now=LATER),
    "assign": lambda s, by: assign(ticket=s.ticket, to=s.zhao, by=by, now=LATER),
    "reply": lambda s, by: reply(
        ticket=s.ticket, body="您好", by=by, now=LATER, seen_seq=s.seen
    ),
    "note": lambda s, by: note(ticket=s.ticket, body="n", by=by, now=LATER),
    "resolve": _resolve,
    "transfer": _transfer,
    "escalate": lambda s, by: escalate(
        ticket=s.ticket, reason="r", by=by, now=LATER
    ),
    "writes": lambda s, _by: customer_writes(ticket=s.ticket, body="还有", now=LATER),
    "answers": lambda s, _by: answer(ticket=s.ticket, satisfied=False, now=LATER),
    "sweep": _sweep,
    "breach": _breach,
}  # fmt: skip
SWEEPS = {"sweep", "breach"}


def stage_of(people, *, solved):
    ticket = TicketFactory()
    if solved:
        stage = SimpleNamespace(ticket=ticket, seen=1)
        _resolve(stage, people.wang, NOW)
        advance(pk=ticket.follow_ups.get().pk, now=NOW + 30 * MINUTE)
    return SimpleNamespace(
        ticket=ticket, seen=fresh(ticket).message_count, zhao=people.zhao
    )


def try_it(stage, name, by):
    """Do an act; return the kind of refusal, if there was one."""
    try:
        ACTS[name](stage, by)
    except RuleError as refusal:
        return type(refusal).__name__
    return ""


def picture(ticket):
    """Return what a ticket looks like, without ids and the order of equals."""
    ticket = fresh(ticket)
    return {
        "ticket": (
            ticket.status, ticket.level, ticket.team.slug, ticket.message_count,
            str(ticket.assignee), ticket.unanswered_since, ticket.resolved_at,
        ),
        "messages": Counter(ticket.messages.values_list("kind", flat=True)),
        "letters": Counter(ticket.letters.values_list("kind", flat=True)),
        "events": Counter(ticket.events.values_list("kind", "before", "after")),
        "clocks": Counter(ticket.clocks.values_list("target", "state")),
        "follow-ups": Counter(ticket.follow_ups.values_list("stage", "outcome")),
    }  # fmt: skip


def sound(ticket):
    """Assert what holds for every ticket, whatever happened to it."""
    ticket = fresh(ticket)
    assert ticket.follow_ups.owed().count() == (ticket.status == "resolved")
    seqs = list(ticket.messages.values_list("seq", flat=True))
    assert sorted(seqs) == list(range(1, ticket.message_count + 1))
    live = {ClockState.RUNNING, ClockState.PAUSED}
    running = Counter()
    for clock in ticket.clocks.all():
        running[clock.target] += clock.state in live
        rows = clock.intervals.order_by("start", "id")
        stretches = [Interval(row.state, row.start, row.end) for row in rows]
        # Refuses stretches that overlap.
        assert elapsed(stretches, clock.calendar.calendar_value(), LATER) >= 0
        assert (stretches[-1].end is None) == (clock.state in live)
    assert max(running.values()) <= 1
    due = ticket.clocks.filter(state=ClockState.RUNNING).order_by("due_at").first()
    assert ticket.due_at == (due.due_at if due else None)


def in_turn(people, solved, names):
    """Return how it looks when the acts come one after the other."""
    stage = stage_of(people, solved=solved)
    refusals = [try_it(stage, name, by) for name, by in names]
    for name in SWEEPS & {name for name, _by in names}:
        ACTS[name](stage, None)  # it comes again in a minute
    sound(stage.ticket)
    return picture(stage.ticket), Counter(refusals)


@pytest.mark.slow
@pytest.mark.parametrize("solved", [False, True], ids=["open", "resolved"])
@pytest.mark.parametrize("first", ACTS)
def test_two_at_once_are_as_if_one_had_been_first(committed, first, solved):
    people = SimpleNamespace(
        wang=UserFactory(display_name="Wang Fang", team="call-centre"),
        li=UserFactory(display_name="Li Lei", team="call-centre"),
        zhao=UserFactory(
            display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
        ),
    )
    UserFactory(display_name="Chen Jie", team="technical")
    pairs = combinations_with_replacement(ACTS, 2)
    for second in [b for a, b in pairs if a == first]:
        one, two = (first, people.wang), (second, people.li)
        allowed = [in_turn(people, solved, names) for names in ([one, two], [two, one])]
        stage = stage_of(people, solved=solved)
        acts = [partial(try_it, stage, *act) for act in (one, two)]
        got = at_once(*acts)
        assert not [each for each in got if isinstance(each, Exception)], (second, got)
        for name in SWEEPS & {first, second}:
            ACTS[name](stage, None)
        sound(stage.ticket)
        assert (picture(stage.ticket), Counter(got)) in allowed, second


def test_what_is_not_sound_is_noticed(ticket):
    sound(ticket)
    clock = ticket.clocks.get(target="resolution")
    clock.intervals.update(end=NOW + 2 * HOUR)
    clock.intervals.create(state="paused", start=NOW + HOUR)
    with pytest.raises(ValueError, match="overlap"):
        sound(ticket)
