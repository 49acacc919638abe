"""Take the words out of tickets: of who was erased, and of what is past its time.

What was said, the files and the names go; the case stays with its number, category,
dates, events and clocks, so that every figure is what it was.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection, transaction

from servicedesk.audit.models import Kind, LogEntry
from tickets.models import (
    Attachment,
    Draft,
    FollowUp,
    Message,
    Search,
    Ticket,
    TicketEvent,
    TicketLink,
)

GONE: Final = "—"
"""Stands where words were: no word at all, so that search finds nothing by it."""
# At once, not when the sweep comes: an index holds the words, too.
_NO_WORDS: Final = """
UPDATE tickets_tickettext SET vector = ''::tsvector WHERE ticket_id = ANY(%s::uuid[])
"""


def erase_customers(customers: Sequence[UUID], *, now: dt.datetime) -> int:
    """Take the words out of every ticket of these customers; return how many."""
    found = Ticket.objects.filter(customer__in=customers)
    keys = list(found.order_by("pk").values_list("pk", flat=True))
    erase_words(keys, now=now)
    TicketLink.objects.filter(ticket__in=keys).update(revoked_at=now)
    # What was typed may name the person; who typed it types it again.
    Search.objects.all().delete()
    return len(keys)


@transaction.atomic
def erase_words(keys: Sequence[UUID], *, now: dt.datetime) -> None:
    """Overwrite subjects, messages, names and reasons; delete files and drafts."""
    tickets = list(
        Ticket.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    )
    _forget_files(keys)
    Message.objects.filter(ticket__in=keys).update(body=GONE)
    Draft.objects.filter(ticket__in=keys).delete()
    TicketEvent.objects.filter(ticket__in=keys).exclude(reason="").update(reason=GONE)
    FollowUp.objects.filter(ticket__in=keys).exclude(words="").update(words=GONE)
    held = Ticket.objects.filter(pk__in=keys)
    held.update(subject=GONE, given_name=None)
    held.exclude(root_cause="").update(root_cause=GONE)
    held.exclude(solution="").update(solution=GONE)
    with connection.cursor() as cursor:
        cursor.execute(_NO_WORDS, [[str(key) for key in keys]])
    for ticket in tickets:
        _log(ticket, now)


def _forget_files(keys: Sequence[UUID]) -> None:
    """Delete rows now and files after the commit; a crash leaves them to the sweep."""
    found = Attachment.objects.filter(message__ticket__in=keys)
    names = list(found.values_list("file", flat=True))
    found.delete()

    def delete() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(delete, robust=True)


def _log(ticket: Ticket, now: dt.datetime) -> None:
    """Say in the audit log that the words went: bulk updates do not by themselves."""
    changes: dict[str, Any] = {"words": ["<sealed>", "erased"]}
    LogEntry.objects.log_create(
        ticket, action=Kind.UPDATE, changes=changes, timestamp=now
    )
