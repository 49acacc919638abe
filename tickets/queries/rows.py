"""Tickets as rows of a list, the same on every page."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from servicedesk.core.clocks import chip
from servicedesk.staff.models import User
from tickets.models import ClockTarget, Ticket, TicketStatus


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
    team: str
    selected: bool


def with_names(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Join what a row shows, so that a list costs one query."""
    return tickets.select_related("customer", "assignee", "team").defer(
        "root_cause", "solution"
    )


def rows_of(
    tickets: Iterable[Ticket], *, now: dt.datetime, query: str = "", selected: str = ""
) -> list[Row]:
    """Turn tickets into rows; `query` is kept in each address."""
    return [_row(each, now, query, selected) for each in tickets]


def person(user: User | None) -> dict[str, str] | None:
    return {"name": str(user), "initials": user.initials} if user else None


def mark_of(ticket: Ticket, now: dt.datetime) -> Mark | None:
    """Return the chip of the soonest promise; None where nothing runs."""
    if ticket.due_at is None or not ticket.active:
        return None
    state = chip(ticket.due_at, ticket.due_seconds or 0, now, "running")
    return Mark(state, ticket.due_at, str(ClockTarget(ticket.due_target).label))


def _row(ticket: Ticket, now: dt.datetime, query: str, selected: str) -> Row:
    return Row(
        number=ticket.number,
        url=reverse("tickets:ticket", args=[ticket.number]) + query,
        subject=ticket.subject,
        customer=str(ticket.customer.masked_name),
        channel=ticket.channel,
        channel_label=ticket.get_channel_display(),
        status=ticket.status,
        status_label=str(TicketStatus(ticket.status).label),
        priority=ticket.priority,
        priority_label=ticket.get_priority_display(),
        clock=mark_of(ticket, now),
        unread=ticket.unanswered_since is not None,
        at=ticket.changed_at,
        assignee=person(ticket.assignee),
        level=ticket.level,
        team=str(ticket.team),
        selected=ticket.number == selected,
    )
