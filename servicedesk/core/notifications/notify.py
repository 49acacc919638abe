"""Write down that people should hear of something: one query, whatever their number."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection, transaction

from servicedesk.core.ids import uuid7
from servicedesk.core.jobs.registry import refuse_words
from servicedesk.core.live.publish import NOTIFY_CHANNEL, publish
from servicedesk.core.models import LiveEvent, Notification, NotificationChoice
from servicedesk.core.notifications.registry import (
    NotificationKind,
    condition_of,
    find_kind,
)

TOLD: Final = "notified"
READ: Final = "read"
# What is read within this time needs no e-mail; what comes together goes together.
GRACE: Final = dt.timedelta(minutes=2)

_INSERT: Final = """
WITH asked AS (
    SELECT given.id, given.user_id, COALESCE(choice.way, %(way)s) AS way
    FROM unnest(%(ids)s::uuid[], %(users)s::bigint[]) AS given (id, user_id)
    LEFT JOIN "{choice}" AS choice
        ON choice.user_id = given.user_id AND choice.kind = %(kind)s
    WHERE {hearing}
), made AS (
    INSERT INTO "{notification}" (id, user_id, kind, ref, data, key, created_at, way,
        mail_state, mail_due_at, mail_tries, mail_error)
    SELECT id, user_id, %(kind)s, %(ref)s, %(data)s::jsonb, %(key)s, %(now)s,
        CASE WHEN way = 'none' AND %(fixed)s THEN 'page' ELSE way END,
        CASE WHEN %(letter)s OR way IN ('mail', 'digest') THEN 'due'
            ELSE 'skipped' END,
        %(due)s, 0, ''
    FROM asked WHERE way <> 'none' OR %(fixed)s
    ON CONFLICT (user_id, key) DO NOTHING
    RETURNING id, user_id
), told AS (
    INSERT INTO "{live}" (channel, kind, ref)
    SELECT 'user:' || user_id, %(told)s, id::text FROM made
)
SELECT pg_notify(%(channel)s, '') FROM made LIMIT 1
"""


def notify(
    *,
    users: Iterable[Any],
    kind: str,
    ref: str,
    key: str,
    now: dt.datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Let these users (or ids of users; None is left out) hear of `kind` about `ref`.

    Inside the transaction of the event; their open pages hear of it when it commits.
    `ref` and `data` are ids and numbers; `key` names the event, so that telling of it
    twice is telling once. Nobody is told of what they did themselves: that is the
    caller's to leave out; who may not hear of the kind now (`register_hearing`) is left
    out here. Raises LookupError for a kind that nobody registered.
    """
    known = find_kind(kind)
    if known is None:
        raise LookupError(f"No such kind of notification: {kind!r}")
    wanted = sorted({int(getattr(user, "pk", user)) for user in users if user})
    if not wanted:
        return
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "notify() belongs inside the transaction of the event it tells of"
        )
    refuse_words([ref, key, dict(data or {})])
    values = _of_kind(known, now) | {
        "ids": [str(uuid7()) for _ in wanted],
        "users": wanted,
        "ref": ref,
        "data": json.dumps(dict(data or {})),
        "key": key,
    }
    with connection.cursor() as cursor:
        cursor.execute(_insert(known), values)


def _insert(known: NotificationKind) -> str:
    return _INSERT.format(
        choice=NotificationChoice._meta.db_table,
        notification=Notification._meta.db_table,
        live=LiveEvent._meta.db_table,
        hearing=condition_of(known),
    )


def _of_kind(known: NotificationKind, now: dt.datetime) -> dict[str, Any]:
    return {
        "kind": known.key,
        "way": str(known.way.value),
        "fixed": known.fixed,
        "letter": known.letter is not None,
        "now": now,
        "due": now if known.letter else now + GRACE,
        "told": TOLD,
        "channel": NOTIFY_CHANNEL,
    }


@transaction.atomic
def mark_read(
    *, user: Any, now: dt.datetime, pk: Any = None, ref: str | None = None
) -> int:
    """Mark one notification of the user as read, those about `ref`, or all.

    The user's other pages hear of it.
    """
    unread = Notification.objects.filter(user=user, read_at__isnull=True)
    if pk is not None:
        unread = unread.filter(pk=pk)
    if ref is not None:
        unread = unread.filter(ref=ref)
    marked = unread.update(read_at=now)
    if marked:
        publish(channels=[f"user:{user.pk}"], kind=TOLD, ref=READ)
    return marked


def purge(*, before: dt.datetime) -> int:
    """Delete what was read before this time, and say how many they were."""
    deleted, _ = Notification.objects.filter(read_at__lt=before).delete()
    return deleted
