"""The queues of the inbox: what each holds, its order, and how many wait there."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids
from tickets.models import Priority, Ticket, TicketStatus

PAGE = 50
MOST_COUNTED = 99
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


def _mine(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active().filter(assignee=user)  # type: ignore[attr-defined, no-any-return]


def _open(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active().filter(assignee=None, team__in=team_ids(user))  # type: ignore[attr-defined, no-any-return]


def _team(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return tickets.active().filter(team__in=team_ids(user))  # type: ignore[attr-defined, no-any-return]


def _late(tickets: QuerySet[Ticket], user: User, now: dt.datetime) -> QuerySet[Ticket]:
    return _team(tickets, user, now).filter(due_at__lt=now)


def _second(
    tickets: QuerySet[Ticket], user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    return _team(tickets, user, now).filter(level=2)


def _waiting(
    tickets: QuerySet[Ticket], user: User, now: dt.datetime
) -> QuerySet[Ticket]:
    waiting = (TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_COLLEAGUES)
    return _mine(tickets, user, now).filter(status__in=waiting)


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

QUEUES: tuple[Queue, ...] = (
    Queue("mine", _("Mine"), "user", _mine, _PRESSING, _("Most pressing first")),
    Queue("open", _("Unassigned"), "inbox", _open, _PRESSING, _("Most pressing first")),
    Queue("team", _("My teams"), "users", _team, _NEWEST, _("Newest first")),
    Queue(
        "late",
        _("Overdue"),
        "alert",
        _late,
        ("due_at", "id"),
        _("Longest overdue first"),
    ),
    Queue("second", _("Second level"), "escalate", _second, _NEWEST, _("Newest first")),
    Queue("waiting", _("Waiting"), "pause", _waiting, _NEWEST, _("Newest first")),
    Queue("all", _("All"), "list", _all, _NEWEST, _("Newest first"), counted=False),
)
_BY_KEY = {queue.key: queue for queue in QUEUES}


def queue_of(key: str) -> Queue:
    """Return the queue with this key; the first one for anything unknown."""
    return _BY_KEY.get(key, QUEUES[0])


def page_of(
    queue: Queue, user: User, *, after: Sequence[object] | None, now: dt.datetime
) -> QuerySet[Ticket]:
    """Return up to one page and one more row, behind the cursor `after`."""
    tickets = queue.narrow(Ticket.objects.visible_to(user), user, now)
    if after is not None:
        tickets = tickets.filter(_behind(queue.order, after))
    return tickets.order_by(*_ordering(queue.order))[: PAGE + 1]


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
    parts = [
        queue.narrow(Ticket.objects.visible_to(user), user, now)
        .order_by()
        .annotate(queue=Value(queue.key, output_field=CharField()))
        .values_list("queue", flat=True)[: MOST_COUNTED + 1]
        for queue in QUEUES
        if queue.counted
    ]
    found = Counter(parts[0].union(*parts[1:], all=True))
    return {key: _bounded(number) for key, number in found.items()}


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
    return condition
