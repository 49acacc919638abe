"""Verify the whole audit log and keep the verdict, one at a time."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

from servicedesk.audit.models import Verification
from servicedesk.audit.verifying import verify

_LOOK: Final = 0x61756469745F6C  # the advisory lock of whoever verifies


def verify_and_record(*, clock: Callable[[], dt.datetime]) -> Verification | None:
    """Verify the whole log and keep the verdict; None if somebody is at it already."""
    with _only_one_look() as alone:
        if not alone:
            return None
        started = clock()
        report = verify()
        return Verification.objects.create(
            started_at=started,
            ended_at=clock(),
            whole=report.whole,
            entries=report.entries,
            seals=report.seals,
            unsealed=report.unsealed,
            dropped=report.dropped,
            finding="\n".join(report.findings),
        )


@contextmanager
def _only_one_look() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOOK])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOOK])
