"""What tickets tell on the timeline of a customer: requests, calls, messages, follow-ups."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.queries.timeline import Row, Words, register_source
from servicedesk.staff.models import User
from tickets.models import (
    Channel,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    Message,
    MessageKind,
    Ticket,
    TicketStatus,
    seen_by,
)

Keys = Sequence[uuid.UUID]


def connect() -> None:
    """Register what is told; from `ready()`."""
    register_source(
        "tickets",
        gettext_lazy("Tickets"),
        "inbox",
        _tickets,
        at="created_at",
        columns=("number", "subject", "status", "channel"),
        tell=_ticket,
    )
    register_source(
        "calls",
        gettext_lazy("Calls"),
        "phone",
        _calls,
        at="created_at",
        columns=("number", "subject", "status", "channel"),
        tell=_ticket,
    )
    register_source(
        "messages",
        gettext_lazy("Messages"),
        "mail",
        _messages,
        at="created_at",
        columns=("kind", "ticket__number", "ticket__subject", "author__display_name"),
        tell=_message,
    )
    register_source(
        "follow-ups",
        gettext_lazy("Follow-ups"),
        "repeat",
        _follow_ups,
        at="due_at",
        columns=("stage", "outcome", "ticket__number", "done_by__display_name"),
        tell=_follow_up,
    )


def _tickets(keys: Keys, user: User) -> QuerySet[Any]:
    seen = Ticket.objects.visible_to(user).filter(customer__in=keys)
    return seen.exclude(channel=Channel.PHONE)


def _calls(keys: Keys, user: User) -> QuerySet[Any]:
    seen = Ticket.objects.visible_to(user).filter(customer__in=keys)
    return seen.filter(channel=Channel.PHONE)


def _ticket(row: Row, _user: User) -> Words:
    data = row.data
    return Words(
        data["subject"],
        text=f"{data['number']} · {Channel(data['channel']).label}",
        url=_url(data["number"]),
        mark=str(TicketStatus(data["status"]).label),
    )


def _messages(keys: Keys, user: User) -> "QuerySet[Any] | None":
    """Return what was said between us and the customer; the first word is the ticket."""
    seen = seen_by(user, "ticket__")
    if seen is None:
        return None
    said = Q(kind__in=[MessageKind.INBOUND, MessageKind.OUTBOUND], seq__gt=1)
    return Message.objects.filter(seen, said, ticket__customer__in=keys)


def _message(row: Row, _user: User) -> Words:
    data = row.data
    inbound = data["kind"] == MessageKind.INBOUND
    title = _("The customer wrote") if inbound else _("Answered")
    return Words(
        title,
        text=f"{data['ticket__number']} · {data['ticket__subject']}",
        url=_url(data["ticket__number"]),
        mark=data["author__display_name"] or "",
    )


def _follow_ups(keys: Keys, user: User) -> "QuerySet[Any] | None":
    seen = seen_by(user, "ticket__")
    if seen is None:
        return None
    return FollowUp.objects.filter(seen, ticket__customer__in=keys)


def _follow_up(row: Row, _user: User) -> Words:
    data = row.data
    outcome = data["outcome"]
    label = (
        FollowUpOutcome(outcome).label
        if outcome
        else FollowUpStage(data["stage"]).label
    )
    return Words(
        _("Follow-up: %(state)s") % {"state": label},
        text=data["ticket__number"],
        url=_url(data["ticket__number"]),
        mark=data["done_by__display_name"] or "",
    )


def _url(number: str) -> str:
    return reverse("tickets:ticket", args=[number])
