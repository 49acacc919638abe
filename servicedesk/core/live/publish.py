"""Tell open browsers that something changed, in the transaction that changes it."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from django.db import connections, router, transaction

from servicedesk.core.live.tokens import session_ref
from servicedesk.core.models.live import CHANNEL_LENGTH, KIND_LENGTH, LiveEvent

NOTIFY_CHANNEL: Final = "servicedesk_live"
SIGNED_OUT: Final = "signed_out"
EVERY_SESSION: Final = "*"
KEPT: Final = dt.timedelta(days=1)

_CHANNEL = re.compile(r"[a-z_]+:[A-Za-z0-9-]+")
_KIND = re.compile(r"[a-z0-9_.]+")
# Ids and numbers only: narrow enough that no name, phone or text fits by mistake.
_REF = re.compile(r"[A-Za-z0-9-]{1,64}|\*")

_INSERT_AND_NOTIFY: Final = (
    'WITH told AS (INSERT INTO "{table}" (channel, kind, ref)'
    " SELECT unnest(%s::text[]), %s, %s)"
    " SELECT pg_notify(%s, '')"
)


def publish(*, channels: Sequence[str], kind: str, ref: str) -> None:
    """Tell the readers of `channels` that `kind` happened to `ref`.

    Call it inside the transaction of the change: the browsers hear of it when
    that transaction commits, and never when it does not. One query, whatever the
    number of channels; no channels, no query.

    `channels` look like "team:3" or "ticket:<uuid>"; `kind` is a lower-case word
    such as "message_added"; `ref` is an id or number, never a customer's value.

    Raises ValueError for a text that is none of these, and
    TransactionManagementError outside a transaction.
    """
    wanted = sorted(set(channels))
    _check(wanted, kind, ref)
    if not wanted:
        return
    using = router.db_for_write(LiveEvent)
    connection = connections[using]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "publish() belongs inside the transaction of the change it tells of"
        )
    sql = _INSERT_AND_NOTIFY.format(table=LiveEvent._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted, kind, ref, NOTIFY_CHANNEL])


def publish_signed_out(*, user_id: object, session_key: str | None = None) -> None:
    """Close the streams of one session of a user, or of all when none is named.

    For signing out, deactivating and taking away a right: a stream that was opened
    with the old rights ends, and its browser must ask for a new token.
    """
    ref = EVERY_SESSION if session_key is None else session_ref(session_key)
    publish(channels=[f"user:{user_id}"], kind=SIGNED_OUT, ref=ref)


def purge(*, before: dt.datetime) -> int:
    """Delete the events older than `before`, and say how many they were.

    Keep at least `KEPT`: browsers that were away for less are promised a replay.
    """
    deleted, _ = LiveEvent.objects.filter(at__lt=before).delete()
    return deleted


def _check(channels: Sequence[str], kind: str, ref: str) -> None:
    for channel in channels:
        if len(channel) > CHANNEL_LENGTH or not _CHANNEL.fullmatch(channel):
            raise ValueError(f"Not a live channel: {channel!r}")
    if len(kind) > KIND_LENGTH or not _KIND.fullmatch(kind):
        raise ValueError(f"Not a kind of live event: {kind!r}")
    if not _REF.fullmatch(ref):
        raise ValueError("A live event refers by id or number only")
