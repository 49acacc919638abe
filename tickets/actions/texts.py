"""Read anew the tickets whose words changed, so that search finds them."""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction

from tickets.models import TextDue, Ticket
from tickets.queries import texts
from tickets.queries.texts import Reading

log = logging.getLogger(__name__)
BATCH = 100
_LATEST = dt.timedelta(days=1)
# A reader gives way to the page that holds a ticket, long before anything hangs.
_GIVE_WAY = "SET LOCAL lock_timeout = '500ms'"
_WRITE = """
INSERT INTO tickets_tickettext (ticket_id, team_id, vector, moment, mark, cut)
SELECT ticket.id, ticket.team_id, made.vector::tsvector, made.moment, made.mark, made.cut
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::bigint[], %s::boolean[])
  AS made (ticket_id, vector, moment, mark, cut)
JOIN tickets_ticket ticket ON ticket.id = made.ticket_id
ON CONFLICT (ticket_id) DO UPDATE SET vector = excluded.vector,
  moment = excluded.moment, mark = excluded.mark, cut = excluded.cut
WHERE tickets_tickettext.mark <= excluded.mark
"""
# Drawn when the rows are taken and before anything is read: numbers of rows will not do,
# as a row may be older than another and be committed after it.
_MARK = "SELECT nextval(pg_get_serial_sequence('tickets_textdue', 'id'))"
# A ticket may have changed its team while its first text was being written.
_FOLLOW = """
UPDATE tickets_tickettext text SET team_id = ticket.team_id FROM tickets_ticket ticket
WHERE ticket.id = text.ticket_id AND text.ticket_id = ANY(%s::uuid[])
  AND text.team_id <> ticket.team_id
"""

_ALL = """
INSERT INTO tickets_textdue (ticket_id, rebuild) SELECT id, true FROM tickets_ticket
"""


@dataclass(frozen=True)
class Done:
    """How many due rows were taken, and how many tickets could not be read."""

    rows: int
    failed: int


@transaction.atomic
def read_due(*, now: dt.datetime, most: int = BATCH) -> Done:
    """Read the tickets of up to `most` due rows; what changed just now goes first.

    Several may do this at once: each takes rows that no other has. What changes while
    it is being read leaves a row that this does not take. A ticket that cannot be read
    is told and put off, for longer each time, and holds up no other.
    """
    rows = list(
        TextDue.objects.filter(due_at__lte=now)
        .order_by("rebuild", "id")
        .select_for_update(skip_locked=True)[:most]
    )
    if not rows:
        return Done(0, 0)
    failed = _read({row.ticket_id for row in rows}, _mark())
    _put_off([row for row in rows if row.ticket_id in failed], now)
    done = [row.pk for row in rows if row.ticket_id not in failed]
    TextDue.objects.filter(pk__in=done).delete()
    return Done(len(rows), len(failed))


@transaction.atomic
def mark_all() -> int:
    """Have every ticket read again, in place of what is left of an earlier wish."""
    TextDue.objects.filter(rebuild=True).delete()
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        return int(cursor.rowcount)


def _mark() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MARK)
        return int(cursor.fetchone()[0])


def _read(keys: set[UUID], mark: int) -> set[UUID]:
    """Write the texts of these tickets; return those that failed."""
    tickets = Ticket.objects.filter(pk__in=keys)
    found = list(
        tickets.only(
            "number", "subject", "root_cause", "solution", "created_at", "message_count"
        )
    )
    said = texts.conversations(found)
    made: list[Reading] = []
    failed = set[UUID]()
    for ticket in found:
        try:
            made.append(texts.read(ticket, said[ticket.pk]))
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # one text must not hold up the others
            # Without what it says, which may quote the text.
            log.warning("No words of %s: %s", ticket.pk, type(error).__name__)
            failed.add(ticket.pk)
    if not _written(made, mark):
        # One of them, or a page that holds one: the others need not wait.
        failed |= {each.ticket for each in made if not _written([each], mark)}
    return failed


def _written(made: Sequence[Reading], mark: int) -> bool:
    keys = [str(each.ticket) for each in made]
    columns: list[Any] = [
        keys,
        [each.vector for each in made],
        [each.moment for each in made],
        [mark] * len(made),
        [each.cut for each in made],
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_GIVE_WAY)
            cursor.execute(_WRITE, columns)
            cursor.execute(_FOLLOW, [keys])
            # Here, not at the end of all, is waited for a page that holds a ticket.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as error:
        if not connection.is_usable():
            raise
        # Its message may quote the text.
        log.warning(
            "Texts were not written (%s): %s", type(error.__cause__).__name__, keys[:3]
        )
        return False
    return True


def _put_off(rows: Iterable[TextDue], now: dt.datetime) -> None:
    late = list(rows)
    for row in late:
        row.tries += 1
        wait = dt.timedelta(minutes=2 ** min(row.tries, 12))
        row.due_at = now + min(wait, _LATEST)
    TextDue.objects.bulk_update(late, ["tries", "due_at"])
