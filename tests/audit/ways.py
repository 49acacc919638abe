"""A log with a few sealed entries, and what somebody with all rights could do to it."""

import contextlib
import time

from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from servicedesk.audit.database import REST, SEALS, TABLE, digest_of
from servicedesk.audit.models import Kind, LogEntry, Seal
from servicedesk.audit.partitions import existing
from servicedesk.audit.sealing import seal_settled
from servicedesk.audit.verifying import verify
from tests.desk import PATIENCE, _empty
from tests.factories import UserFactory, ensure_defaults


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def write(count, **fields):
    """Log some things, in one transaction: one seal takes them all."""
    with transaction.atomic():
        return [
            LogEntry.objects.create(
                action=Kind.ACCESS, object_repr=f"thing {number}", **fields
            )
            for number in range(count)
        ]


def seal_all(**how):
    """Seal until nothing is left: other tests' transactions may hold it up for a bit."""
    until = time.monotonic() + PATIENCE
    how.setdefault("now", timezone.now())
    made = seal_settled(**how)
    while (report := verify()).unsealed:
        assert time.monotonic() < until, "something never settles"
        time.sleep(0.05)
        made += seal_settled(**how)
    assert report.whole, report.findings
    return made


@contextlib.contextmanager
def sealed_log(blocker, folder):
    """Give a committed log of three seals, each over at least four entries."""
    with blocker.unblock(), override_settings(AUDIT_SEALS_DIR=folder):
        ensure_defaults()
        people = [UserFactory(display_name=name) for name in ("Wang Fang", "Li Lei")]
        for _time in range(3):
            write(
                4,
                actor=people[0],
                actor_email="wang@desk.example",
                remote_addr="192.0.2.7",
                remote_port=443,
                cid="c" * 32,
                changes={"city": ["成都", "北京"]},
                additional_data={"purpose": "service"},
                object_pk="7",
                object_id=7,
                source="task x",
            )
            seal_all()
        try:
            yield people
        finally:
            _empty()
            connection.close()


def entries(seal):
    """Return the ids of a seal's entries; `seal` counts from the newest, 0."""
    number = Seal.objects.order_by("-number")[seal].number
    reach = Seal.objects.get(number=number)
    found = LogEntry.objects.filter(xid__gte=reach.from_xid, xid__lt=reach.to_xid)
    return list(found.order_by("id").values_list("id", flat=True))


def unguard():
    """Switch every trigger off, as the owner of the tables can."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in (TABLE, REST, SEALS, *(month.table for month in existing())):
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def guard():
    """Switch them on again, so that nothing of it shows."""
    for table in (TABLE, REST, *(month.table for month in existing())):
        for name in ("audit_stamp", "audit_keep", "audit_keep_all"):
            run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    for name in ("audit_keep", "audit_keep_all"):
        run(f"ALTER TABLE {SEALS} ENABLE ALWAYS TRIGGER {name}")


def found():
    """Return what the verification says, with the triggers back as they were."""
    guard()
    report = verify()
    assert not report.whole
    return report.findings[0]


def update(pk, **columns):
    values = ", ".join(f"{name} = {value}" for name, value in columns.items())
    run(f"UPDATE {TABLE} SET {values} WHERE id = %s", pk)


def rehash(pk):
    run(f"UPDATE {TABLE} e SET digest = {digest_of('e')} WHERE id = %s", pk)
