"""Tickets as rows of a list, the same on every page."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from customers.queries.masks import name_of
from servicedesk.core.clocks import chip
from servicedesk.staff.models import User
from tickets.models import Channel, ClockTarget, Priority, Ticket, TicketStatus

Choice = Channel | ClockTarget | Priority | TicketStatus


@dataclass(frozen=True)
class Mark:
    """What a service-level chip shows."""

    state: str
    due: dt.datetime | None
    label: str


@dataclass(frozen=True)
class Row:
    """One line of a list of tickets."""

    number: str
    url: str
    subject: str
    customer: str
    channel: str
    channel_label: str
    status: str
    status_label: str
    priority: int
    priority_label: str
    clock: Mark | None
    unread: bool
    at: dt.datetime
    assignee: dict[str, str] | None
    level: int
    selected: bool


_SHOWN = (
    "number",
    "subject",
    "channel",
    "status",
    "priority",
    "level",
    "customer__name",
    "customer__number",
    "assignee__display_name",
    "assignee__username",
    "due_at",
    "due_seconds",
    "due_target",
    "unanswered_since",
    # What the cursors of the queues are made of.
    "created_at",
    "changed_at",
    "resolved_at",
)


def with_names(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Join what a row shows, and nothing else, so that a list costs one short query."""
    return tickets.select_related("customer", "assignee").only(*_SHOWN)


def shown_of(path: str) -> list[str]:
    """Return the columns of a row for `only`, of tickets that are joined as `path`."""
    return [f"{path}__{name}" for name in _SHOWN]


def rows_of(
    tickets: Iterable[Ticket],
    *,
    reader: User,
    now: dt.datetime,
    query: str = "",
    selected: str = "",
) -> list[Row]:
    """Turn tickets into rows as the reader may see them; `query` stays in each address."""
    words = Words()
    inbox = reverse("tickets:inbox")
    return [
        _row(each, reader, now, words, f"{inbox}{each.number}/{query}", selected)
        for each in tickets
    ]


class Words:
    """The labels of choices in the reader's language, each looked up once a list."""

    def __init__(self) -> None:
        self._known: dict[Choice, str] = {}

    def of(self, choice: Choice) -> str:
        """Return the label as text."""
        label = self._known.get(choice)
        if label is None:
            label = self._known[choice] = str(choice.label)
        return label


def person(user: User | None) -> dict[str, str] | None:
    return {"name": str(user), "initials": user.initials} if user else None


def mark_of(ticket: Ticket, now: dt.datetime, words: Words) -> Mark | None:
    """Return the chip of the soonest promise; None where nothing runs."""
    if ticket.due_at is None or not ticket.active:
        return None
    state = chip(ticket.due_at, ticket.due_seconds or 0, now, "running")
    return Mark(state, ticket.due_at, words.of(ClockTarget(ticket.due_target)))


def _row(  # what a line says
    ticket: Ticket,
    reader: User,
    now: dt.datetime,
    words: Words,
    url: str,
    selected: str,
) -> Row:
    return Row(
        number=ticket.number,
        url=url,
        subject=ticket.subject,
        customer=name_of(ticket.customer, reader),
        channel=ticket.channel,
        channel_label=words.of(Channel(ticket.channel)),
        status=ticket.status,
        status_label=words.of(TicketStatus(ticket.status)),
        priority=ticket.priority,
        priority_label=words.of(Priority(ticket.priority)),
        clock=mark_of(ticket, now, words),
        unread=ticket.unanswered_since is not None,
        at=ticket.changed_at,
        assignee=person(ticket.assignee),
        level=ticket.level,
        selected=ticket.number == selected,
    )
