"""What of tickets a retention rule may purge: the words of those closed long ago."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.queries.retention import (
    RetentionKind,
    held,
    register_retention,
    register_trace,
)
from tickets.actions.erase import GONE, erase_words
from tickets.models import Ticket, TicketStatus


def register() -> None:
    """Register the kind, and say who was in touch by a ticket; from `ready()`."""
    register_retention(_WORDS)
    register_trace("tickets", in_touch_since)


def in_touch_since(moment: dt.datetime) -> Any:
    """Return the condition that a customer has a ticket that changed since."""
    return Exists(
        Ticket.objects.filter(customer=OuterRef("pk"), changed_at__gte=moment)
    )


def _due(before: dt.datetime) -> QuerySet[Ticket]:
    found = Ticket.objects.filter(status=TicketStatus.CLOSED, closed_at__lt=before)
    return found.exclude(subject=GONE).exclude(held("customer")).order_by("closed_at")


def _purge(rows: Sequence[Ticket], now: dt.datetime) -> None:
    erase_words([row.pk for row in rows], now=now)


_WORDS = RetentionKind(
    "tickets.words",
    title=_("Words of tickets that were closed"),
    what=_("Subject, messages, files and notes go; the case with its figures stays."),
    due=_due,
    purge=_purge,
    example=lambda row: str(row.number),
)
