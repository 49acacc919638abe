"""Drop months whose time is up, and say so in a seal of its own."""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction

from servicedesk.audit import outside, partitions
from servicedesk.audit.database import TABLE
from servicedesk.audit.keys import signing_key
from servicedesk.audit.models import Seal, SealKind
from servicedesk.audit.partitions import Month
from servicedesk.audit.sealing import LOCK, floor_of, last_seal, put


def drop_old_months(*, now: dt.datetime) -> list[Month]:
    """Drop the months older than AUDIT_KEPT_MONTHS whole months; those dropped.

    Only what is sealed is dropped, and a signed seal says so in the same transaction:
    roots and chain stay, and a missing entry can be told from a dropped one. Raises
    SealKeyError and outside.RolledBackError.
    """
    oldest_kept = Month.of(now).plus(-settings.AUDIT_KEPT_MONTHS)
    old = [month for month in partitions.existing() if month < oldest_kept]
    if not old:
        return []
    outside.refuse_rollback()
    dropped = [month for month in old if _drop(month, now=now)]
    outside.bring_up_to_date()
    return dropped


@transaction.atomic
def _drop(month: Month, *, now: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = last_seal()
    count, unsealed = _inside(month, last)
    if unsealed or month not in partitions.existing():
        return False
    if count and last is not None:
        seal = Seal(
            kind=SealKind.DROPPED,
            cluster=last.cluster,
            era=last.era,
            from_xid=last.to_xid,
            to_xid=last.to_xid,
            count=count,
            first_at=month.start,
            last_at=month.end,
        )
        put(seal, [], last=last, key=signing_key(), now=now)
    partitions.drop(month)
    return True


def _inside(month: Month, last: Seal | None) -> tuple[int, int]:
    """Return how many entries a month has, and how many of them no seal has yet."""
    to_xid, floor = (last.to_xid, floor_of(last.era)) if last else (None, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE %s::bigint IS NULL OR"  # noqa: S608
            f" (xid >= %s AND id > %s)) FROM {TABLE}"
            " WHERE timestamp >= %s AND timestamp < %s",
            [to_xid, to_xid, floor, month.start, month.end],
        )
        count, unsealed = cursor.fetchone()
        return int(count), int(unsealed)
