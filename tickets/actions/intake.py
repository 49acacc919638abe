"""What a new ticket is dealt by, asked in one query with the claim of its form's key.

Which versions of the service levels and the calendars are the newest is asked each
time; the versions themselves never change.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from servicedesk.core.models import CalendarVersion
from tickets.models import Category, Intake, Priority, ServiceLevelVersion, Ticket
from tickets.queries.frozen import calendar_version, level_version

# Nobody posts the same form again after so long.
KEPT = dt.timedelta(days=30)
# The key of a missing form is NULL and claims nothing. The ticket is written later in
# the same transaction; its foreign key is checked at the commit. Whose contact it is
# cannot be erased until then, and who is being erased is waited for (`kept`): the contact
# that is looked up after this is there at the commit.
_ASK = """
WITH claimed AS (
  INSERT INTO tickets_intake (key, ticket_id, created_at)
  SELECT %(key)s::uuid, %(ticket)s::uuid, %(now)s WHERE %(key)s IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING 1
), kept AS MATERIALIZED (
  SELECT FROM customers_customer WHERE id IN (
    SELECT customer_id FROM customers_contactpoint
    WHERE kind = %(kind)s AND value_index = ANY(%(indexes)s::bytea[]))
  FOR KEY SHARE
)
SELECT
  %(key)s IS NULL OR EXISTS (SELECT FROM claimed),
  nextval('ticket_number_seq'),
  (SELECT nextval('customer_number_seq')
   FROM (SELECT WHERE NOT EXISTS (SELECT FROM customers_contactpoint
         WHERE kind = %(kind)s AND value_index = ANY(%(indexes)s::bytea[])) OFFSET 0) new
   CROSS JOIN LATERAL pg_advisory_xact_lock(%(hold)s)),
  (SELECT priority FROM tickets_priorityrule
   WHERE severity = %(severity)s AND urgency = %(urgency)s),
  (SELECT coalesce(json_agg(json_build_array(level.channel, level.category_id,
     level.customer_kind, level.priority, newest.id)
     ORDER BY level.position, level.slug), '[]')
   FROM tickets_servicelevel level
   LEFT JOIN LATERAL (
     SELECT id FROM tickets_servicelevelversion
     WHERE level_id = level.id ORDER BY number DESC LIMIT 1) newest ON true
   WHERE level.active),
  (SELECT coalesce(json_object_agg(calendar_id, id), '{}')
   FROM (SELECT DISTINCT ON (calendar_id) calendar_id, id
         FROM core_calendarversion ORDER BY calendar_id, number DESC) newest),
  (SELECT count(*) FROM kept)
"""
_CLAIM = """
INSERT INTO tickets_intake (key, created_at) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Known:
    """By what a contact is found, and the lock of whoever adds it."""

    kind: str
    indexes: Sequence[bytes]
    hold: int


@dataclass(frozen=True)
class Terms:
    """The answer: whether the form is new, both numbers, and what was found in force."""

    claimed: bool
    number: int
    customer_number: int | None
    priority: int
    _levels: Sequence[Sequence[Any]]
    _calendars: dict[str, int]

    def service_level(
        self, *, channel: str, category: Category, customer_kind: str
    ) -> ServiceLevelVersion | None:
        """Return the newest version of the first active level that fits; None if none."""
        for level_channel, level_category, kind, priority, pk in self._levels:
            if (
                level_channel in {"", channel}
                and level_category in {None, category.pk, category.parent_id}
                and kind in {"", customer_kind}
                and priority in {None, self.priority}
            ):
                return level_version(pk) if pk else None
        return None

    def calendar(self, level: ServiceLevelVersion | None) -> CalendarVersion | None:
        """Return the calendar that the level's clocks run by; None if unpublished."""
        if level is None:
            return None
        newest = self._calendars.get(str(level.rule["calendar_id"]))
        return calendar_version(newest) if newest else None


def ask(
    *,
    key: uuid.UUID | None,
    ticket: uuid.UUID,
    contact: Known,
    severity: int,
    urgency: int,
    now: dt.datetime,
) -> Terms:
    """Claim the form's key for the ticket, and return what it is dealt by.

    Where nobody has the contact the customer's number is drawn, and the lock of whoever
    adds it is held until the commit. The second of two posts of one form waits here
    for the first to commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ASK,
            {
                "key": key,
                "ticket": ticket,
                "kind": contact.kind,
                "indexes": list(contact.indexes),
                "hold": contact.hold,
                "severity": severity,
                "urgency": urgency,
                "now": now,
            },
        )
        claimed, number, customer, priority, levels, calendars, _kept = (
            cursor.fetchone()
        )
    return Terms(
        claimed, number, customer, priority or Priority.NORMAL, levels, calendars
    )


def claim(key: uuid.UUID, now: dt.datetime) -> Ticket | None:
    """Note the form's key; return the ticket if the form was posted before.

    The second of two posts at once waits here for the first to commit. Who has the
    claim notes the ticket with `settle`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [key, now])
        if cursor.rowcount:
            return None
    return Intake.objects.select_related("ticket").get(key=key).ticket


def settle(key: uuid.UUID, ticket: Ticket) -> None:
    """Note which ticket the form that was claimed has led to."""
    Intake.objects.filter(key=key).update(ticket=ticket)


def forget(*, now: dt.datetime, most: int) -> int:
    """Forget up to `most` forms that were posted long ago; return how many."""
    old = Intake.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
    keys = list(old.values_list("pk", flat=True)[:most])
    return Intake.objects.filter(pk__in=keys).delete()[0]
