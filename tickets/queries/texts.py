"""The words of a ticket, in the order of what matters most, for search."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from servicedesk.core.search.vector import Vector
from servicedesk.staff.models import User
from tickets.models import Message, MessageKind, Ticket

_LONG = 300  # messages from which a conversation is read by itself, piece by piece
_CHUNK = 200
_WEIGHTS = {MessageKind.NOTE: "D"}


@dataclass(frozen=True)
class Reading:
    """What search is to know of a ticket."""

    ticket: UUID
    vector: str
    moment: dt.datetime
    cut: bool


@dataclass(frozen=True)
class Said:
    """A message, as far as search cares."""

    kind: str
    body: str
    at: dt.datetime


def kinds_for(_user: User) -> frozenset[MessageKind]:
    """Return the kinds of messages whose words this person may find and be shown.

    Whoever sees a ticket sees its internal notes: this is the one place that says so.
    Should it change, notes need a vector of their own.
    """
    return frozenset(MessageKind)


def read(ticket: Ticket, said: Iterable[Said]) -> Reading:
    """Make the vector of a ticket; `said` is its conversation, newest first.

    Where a conversation is too long, its oldest part is what is left out.
    """
    vector = Vector()
    serial = ticket.number.rpartition("-")[2]
    vector.add_whole([ticket.number, serial, serial.lstrip("0")], "A")
    vector.add(ticket.subject, "A")
    vector.add(ticket.solution, "B")
    vector.add(ticket.root_cause, "B")
    moment = ticket.created_at
    for each in said:
        vector.add(each.body, _WEIGHTS.get(MessageKind(each.kind), "C"))
        moment = max(moment, each.at)
        if vector.full:
            break
    return Reading(ticket.pk, vector.literal(), moment, vector.cut)


def conversations(tickets: Iterable[Ticket]) -> dict[UUID, Iterable[Said]]:
    """Return what was said on each ticket, newest first: one query, and one per long one."""
    short, found = [], defaultdict[UUID, Iterable[Said]](list)
    for ticket in tickets:
        if ticket.message_count > _LONG:
            found[ticket.pk] = _piece_by_piece(ticket)
        else:
            short.append(ticket)
    lists = defaultdict[UUID, list[Said]](list)
    rows = Message.objects.filter(ticket__in=short).order_by("ticket", "-seq")
    values = rows.values_list("ticket_id", "kind", "body", "created_at")
    for key, kind, body, at in values:
        lists[key].append(Said(kind, body, at))
    return found | lists


def _piece_by_piece(ticket: Ticket) -> Iterator[Said]:
    rows = ticket.messages.order_by("-seq").values_list("kind", "body", "created_at")
    for row in rows.iterator(chunk_size=_CHUNK):
        yield Said(*row)
