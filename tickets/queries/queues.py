"""The queues of the inbox: what each holds, its order, and how many wait there."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import READER, TEAMS, anybody, team_ids
from tickets.models import WAITING, Priority, Ticket
from tickets.permissions import VIEW
from tickets.queries.by_team import first_of_teams

PAGE = 50
MOST_COUNTED = 99
_MOMENT = dt.datetime.max.replace(tzinfo=dt.UTC)
"""Stands for the time at which it is counted."""
Narrow = Callable[[QuerySet[Ticket], User, dt.datetime], QuerySet[Ticket]]


@dataclass(frozen=True)
class Queue:
    """A view of the inbox. `order` ends in the key, so that pages by cursor work."""

    key: str
    label: str | Promise
    icon: str
    narrow: Narrow
    order: tuple[str, ...]
    sort_label: str | Promise
    counted: bool = True
    # Of the reader's teams only, each ticket of which the reader sees.
    in_teams: bool = False


def _mine(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active().filter(assignee=user)  # type: ignore[attr-defined, no-any-return]


def _open(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active().filter(assignee=None)  # type: ignore[attr-defined, no-any-return]


def _team(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active()  # type: ignore[attr-defined, no-any-return]


def _late(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return _team(tickets, user, now).filter(due_at__lt=now)


def _second(
    tickets: QuerySet[Ticket], user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    return _team(tickets, user, now).filter(level=2)


def _waiting(
    tickets: QuerySet[Ticket], user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    return tickets.filter(status__in=WAITING, assignee=user)


def _all(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets


_PRESSING = ("priority", "created_at", "id")
_NEWEST = ("-changed_at", "-id")


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return moment


def _priority(text: str) -> int:
    return Priority(int(text))


_READERS: dict[str, Callable[[str], object]] = {
    "priority": _priority,
    "created_at": _moment,
    "changed_at": _moment,
    "due_at": _moment,
    "resolved_at": _moment,
    "id": uuid.UUID,
}

_PRESSING_FIRST = _("Most pressing first")
_NEWEST_FIRST = _("Newest first")

QUEUES: tuple[Queue, ...] = (
    Queue("mine", _("Mine"), "user", _mine, _PRESSING, _PRESSING_FIRST),
    Queue("open", _("Unassigned"), "inbox", _open, _PRESSING, _PRESSING_FIRST,
          in_teams=True),
    Queue("team", _("My teams"), "users", _team, _NEWEST, _NEWEST_FIRST, in_teams=True),
    Queue("late", _("Overdue"), "alert", _late, ("due_at", "id"),
          _("Longest overdue first"), in_teams=True),
    Queue("second", _("Second level"), "escalate", _second, _NEWEST, _NEWEST_FIRST,
          in_teams=True),
    Queue("waiting", _("Waiting"), "pause", _waiting, _NEWEST, _NEWEST_FIRST),
    Queue("all", _("All"), "list", _all, _NEWEST, _NEWEST_FIRST, counted=False),
)  # fmt: skip
_BY_KEY = {queue.key: queue for queue in QUEUES}


def queue_of(key: str) -> Queue:
    """Return the queue with this key; the first one for anything unknown."""
    return _BY_KEY.get(key, QUEUES[0])


def tickets_in(queue: Queue, user: User, *, now: dt.datetime) -> QuerySet[Ticket]:
    """Return what the queue holds for this reader, in no order."""
    tickets = Ticket.objects
    base = tickets.in_teams_of(user) if queue.in_teams else tickets.visible_to(user)
    return queue.narrow(base, user, now)


def page_of(
    queue: Queue, user: User, *, after: Sequence[object] | None, now: dt.datetime
) -> QuerySet[Ticket]:
    """Return up to one page and one more row, behind the cursor `after`."""
    order, most = _ordering(queue.order), PAGE + 1
    behind = _behind(queue.order, after) if after is not None else Q()
    if queue.in_teams:
        narrowed = queue.narrow(Ticket.objects.all(), user, now).filter(behind)
        tickets = first_of_teams(narrowed, user, order=order, most=most)
    else:
        tickets = tickets_in(queue, user, now=now).filter(behind)
    return tickets.order_by(*order)[:most]


def cursor_of(queue: Queue, ticket: Ticket) -> str:
    """Return the place of the ticket in the queue's order, as text for an address."""
    values = (getattr(ticket, name.lstrip("-")) for name in queue.order)
    return "~".join(
        value.isoformat() if isinstance(value, dt.datetime) else str(value)
        for value in values
    )


def read_cursor(queue: Queue, text: str) -> list[object] | None:
    """Return the values of a cursor; None for a text that is none of this queue's."""
    parts = text.split("~")
    if len(parts) != len(queue.order):
        return None
    try:
        return [
            _READERS[name.lstrip("-")](part)
            for name, part in zip(queue.order, parts, strict=True)
        ]
    except ValueError:
        return None


def counts(user: User, *, now: dt.datetime) -> dict[str, str]:
    """Count every queue in one query, none further than 99."""
    teams = team_ids(user)
    if not teams or not may(user, VIEW):
        return {}
    sql, places = _counting(len(teams), MOST_COUNTED)
    values: dict[Any, Any] = {READER: user.pk, _MOMENT: now}
    values |= zip(TEAMS, teams, strict=False)
    with connection.cursor() as cursor:
        cursor.execute(sql, [values.get(each, each) for each in places])
        found = cursor.fetchall()
    return {key: _bounded(number) for key, number in found if number}


@lru_cache(maxsize=len(TEAMS))
def _counting(teams: int, most: int) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that counts for a reader of so many teams, and its values.

    Making it takes longer than answering it. It follows from the code alone, so it is
    made once, for a reader that stands for all; whose values are put in place of theirs.
    """
    reader = anybody(permissions={VIEW}, teams=teams)
    parts, places = [], []
    for queue in QUEUES:
        if not queue.counted:
            continue
        found = tickets_in(queue, reader, now=_MOMENT).order_by().values(one=Value(1))
        sql, values = found[: most + 1].query.sql_with_params()
        parts.append(f"SELECT %s, (SELECT count(*) FROM ({sql}) waiting)")  # noqa: S608  # of our own making
        places += [queue.key, *values]
    return " UNION ALL ".join(parts), tuple(places)


def _bounded(number: int) -> str:
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)


def _ordering(order: Sequence[str]) -> list[OrderBy]:
    return [
        F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in order
    ]


def _behind(order: Sequence[str], after: Sequence[object]) -> Q:
    condition = Q()
    same: dict[str, object] = {}
    for name, value in zip(order, after, strict=True):
        field = name.lstrip("-")
        side = "lt" if name.startswith("-") else "gt"
        condition |= Q(**same, **{f"{field}__{side}": value})
        same[field] = value
    # It follows from the others; but an index can begin there, however far behind.
    first, side = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{side}": after[0]}) & condition
