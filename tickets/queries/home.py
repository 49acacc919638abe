"""What a person must do now: the sections of the start page, by what the roles allow.

All sections are found by one query: each is a part of a union, cut off after 100 rows
that come along their index, so that the page costs the same however much there is.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import (
    CharField,
    F,
    IntegerField,
    QuerySet,
    Value,
)
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids
from tickets.models import (
    FollowUp,
    Letter,
    LetterState,
    Ticket,
)
from tickets.permissions import RECORD_FOLLOW_UP, REPLY, SUPERVISE, TAKE, VIEW
from tickets.queries.by_team import first_of_teams
from tickets.queries.follow_ups import calls_of
from tickets.queries.rows import Mark, Row, rows_of, with_names
from tickets.queries.seen import of_seen_tickets

SHOWN = 5
MOST_COUNTED = 99
TROUBLE = (LetterState.FAILED, LetterState.UNSURE)

Found = tuple[int, uuid.UUID, dt.datetime]
"""Rank, ticket and moment: in this order the rows stand."""
Find = Callable[[User, dt.datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Duty:
    """One kind of thing to do, found as (section, ticket, rank, moment).

    `queue` and `tab` name the page that shows all of it: of the inbox, of the
    follow-ups. The moment is a follow-up's due time where `calls` says so.
    """

    key: str
    title: str | Promise
    empty: str | Promise
    permission: str
    find: Find
    queue: str = ""
    tab: str = ""
    calls: bool = False


def duties_of(user: User) -> list[Duty]:
    """Return what the roles of the person make them look after."""
    if not may(user, VIEW):
        return []
    return [duty for duty in _DUTIES if may(user, duty.permission)]


def sections(
    user: User, duties: Sequence[Duty], *, now: dt.datetime
) -> list[dict[str, Any]]:
    """Return a section for each duty: a bounded count, and the first rows.

    What there is something to do in comes first.
    """
    if not duties:
        return []
    found = _found(user, duties, now)
    wanted = {pk for due in found.values() for _rank, pk, _at in due[:SHOWN]}
    tickets = {
        each.pk: each for each in with_names(Ticket.objects.filter(pk__in=wanted))
    }
    shown = [
        {
            "duty": duty,
            "title": duty.title,
            "count": _bounded(len(found[duty.key])),
            "rows": _rows(duty, found[duty.key], tickets, user, now),
            "empty": duty.empty,
        }
        for duty in duties
    ]
    return sorted(shown, key=lambda section: not section["rows"])


def _found(
    user: User, duties: Sequence[Duty], now: dt.datetime
) -> dict[str, list[Found]]:
    parts = [duty.find(user, now) for duty in duties]
    union = parts[0].union(*parts[1:], all=True)
    found: dict[str, list[Found]] = {duty.key: [] for duty in duties}
    for key, ticket, rank, moment in union:
        found[key].append((rank, ticket, moment))
    for due in found.values():
        # A union promises no order.
        due.sort(key=lambda each: (each[0], each[2], str(each[1])))
    return found


def _rows(
    duty: Duty,
    due: Sequence[Found],
    tickets: dict[uuid.UUID, Ticket],
    user: User,
    now: dt.datetime,
) -> list[Row]:
    first = due[:SHOWN]
    chosen = [tickets[pk] for _rank, pk, _at in first if pk in tickets]
    rows = rows_of(chosen, reader=user, now=now)
    if not duty.calls:
        return rows
    label = _("Follow-up")
    due_at = {tickets[pk].number: at for _rank, pk, at in first if pk in tickets}
    return [replace(row, clock=_mark(due_at[row.number], now, label)) for row in rows]


def _mark(due: dt.datetime, now: dt.datetime, label: str) -> Mark:
    return Mark("breached" if due < now else "warn", due, label)


def _bounded(number: int) -> str:
    if number > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(number) if number else ""


def _part(
    key: str,
    found: QuerySet[Any],
    *,
    moment: str,
    ticket: str = "pk",
    rank: str = "",
) -> QuerySet[Any]:
    """Cut a queryset off, in its order, to what the union needs of it."""
    annotated = found.order_by(*_order(moment, rank)).annotate(
        duty=Value(key, output_field=CharField()),
        of_ticket=F(ticket),
        rank=F(rank) if rank else Value(0, output_field=IntegerField()),
        moment=F(moment),
    )
    part: QuerySet[Any] = annotated.values_list("duty", "of_ticket", "rank", "moment")
    return part[: MOST_COUNTED + 1]


def _part_of_teams(
    key: str, tickets: QuerySet[Ticket], user: User, *, moment: str, rank: str = ""
) -> QuerySet[Any]:
    """Cut off what is of the reader's teams, taking the first of each team."""
    order, most = _order(moment, rank), MOST_COUNTED + 1
    first = first_of_teams(tickets, user, order=order, most=most)
    return _part(key, first, moment=moment, rank=rank)


def _order(moment: str, rank: str) -> list[str]:
    return [rank, moment, "pk"] if rank else [moment, "pk"]


def _mine(user: User) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(user).active().filter(assignee=user)


def _overdue(user: User, now: dt.datetime) -> QuerySet[Any]:
    return _part("overdue", _mine(user).filter(due_at__lt=now), moment="due_at")


def _calls(user: User, _now: dt.datetime) -> QuerySet[Any]:
    return _part("calls", calls_of(user), moment="due_at", ticket="ticket")


def _unanswered(user: User, _now: dt.datetime) -> QuerySet[Any]:
    waiting = _mine(user).filter(unanswered_since__isnull=False)
    return _part("unanswered", waiting, moment="unanswered_since")


def _unassigned(user: User, _now: dt.datetime) -> QuerySet[Any]:
    waiting = Ticket.objects.active().filter(assignee=None)
    return _part_of_teams(
        "unassigned", waiting, user, rank="priority", moment="created_at"
    )


def _second_level(user: User, _now: dt.datetime) -> QuerySet[Any]:
    second = Ticket.objects.active().filter(level=2)
    return _part_of_teams("second", second, user, moment="changed_at")


def _missed(user: User, _now: dt.datetime) -> QuerySet[Any]:
    missed = FollowUp.objects.owed().filter(
        missed_at__isnull=False, team__in=team_ids(user)
    )
    return _part(
        "missed", of_seen_tickets(missed, user), moment="due_at", ticket="ticket"
    )


def _letters(user: User, _now: dt.datetime) -> QuerySet[Any]:
    trouble = Letter.objects.filter(state__in=TROUBLE, ticket__team__in=team_ids(user))
    return _part(
        "letters", of_seen_tickets(trouble, user), moment="due_at", ticket="ticket"
    )


_DUTIES = (
    Duty(
        "overdue",
        gettext_lazy("Overdue: yours"),
        gettext_lazy("Nothing of yours is overdue."),
        REPLY,
        _overdue,
        queue="mine",
    ),
    Duty(
        "calls",
        gettext_lazy("Follow-up calls to make"),
        gettext_lazy("No customer waits for your call."),
        RECORD_FOLLOW_UP,
        _calls,
        tab="mine",
        calls=True,
    ),
    Duty(
        "unanswered",
        gettext_lazy("Waiting for your answer"),
        gettext_lazy("Every customer of yours has an answer."),
        REPLY,
        _unanswered,
        queue="mine",
    ),
    Duty(
        "second",
        gettext_lazy("At the second level"),
        gettext_lazy("Nothing of your teams is at the second level."),
        SUPERVISE,
        _second_level,
        queue="second",
    ),
    Duty(
        "missed",
        gettext_lazy("Missed follow-ups"),
        gettext_lazy("Your teams missed no follow-up."),
        SUPERVISE,
        _missed,
        tab="missed",
        calls=True,
    ),
    Duty(
        "letters",
        gettext_lazy("Letters in trouble"),
        gettext_lazy("Every letter of your teams went out."),
        SUPERVISE,
        _letters,
    ),
    Duty(
        "unassigned",
        gettext_lazy("Unassigned in your teams"),
        gettext_lazy("Everything in your teams is in somebody's hands."),
        TAKE,
        _unassigned,
        queue="open",
    ),
)
