"""The database refuses to change, remove or forget what was logged."""

import datetime as dt
import hashlib

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from servicedesk.audit import partitions
from servicedesk.audit.database import CARRY_OVER, PARTS, REST, TABLE, digest_of
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.audit.partitions import Month
from servicedesk.staff.models import Team
from tests.factories import NOW


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def refused(sql):
    with (
        pytest.raises(IntegrityError, match="only ever added to"),
        transaction.atomic(),
    ):
        run(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}")


@pytest.fixture
def entry(desk, wang):
    team = Team.objects.get(slug="call-centre")
    return LogEntry.objects.log_create(
        team, force_log=True, action=Kind.ACCESS, actor=wang, changes={"名": ["a", "b"]}
    )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_logentry SET action = 2",
        "DELETE FROM audit_logentry",
        "TRUNCATE audit_logentry",
        f"UPDATE {Month.of(dt.datetime.now(dt.UTC)).table} SET object_repr = ''",
        f"DELETE FROM {Month.of(dt.datetime.now(dt.UTC)).table}",
        f"TRUNCATE {Month.of(dt.datetime.now(dt.UTC)).table}",
        f"TRUNCATE {REST}",
        "TRUNCATE audit_seal",
        "TRUNCATE staff_user CASCADE",
    ],
)
def test_the_database_refuses(entry, sql):
    refused(sql)
    assert LogEntry.objects.filter(pk=entry.pk).exists()


def test_the_orm_is_refused_too(entry, wang):
    entry = LogEntry.objects.get(pk=entry.pk)
    for attempt in (
        entry.save,
        entry.delete,
        LogEntry.objects.all().delete,
        lambda: LogEntry.objects.update(actor=None),
    ):
        with pytest.raises(IntegrityError, match="only ever"), transaction.atomic():
            attempt()
    with pytest.raises(ProtectedError):
        wang.delete()


def test_the_database_itself_keeps_a_person_who_is_named(entry, wang):
    # Past the ORM, and only when all is to be committed.
    for table in ("membership", "presence", "user_groups"):
        run(f"DELETE FROM staff_{table}")
    with pytest.raises(IntegrityError, match="audit_logentry"), transaction.atomic():
        run(f"SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM staff_user WHERE id={wang.pk}")


def test_what_is_sent_for_transaction_and_digest_counts_for_nothing(entry):
    sent = LogEntry(action=Kind.ACCESS, xid=1, digest=b"forged")
    sent.save()
    parts = ", ".join(part.format("e") for part in PARTS)
    (row,) = run(f"SELECT {parts}, xid, digest FROM {TABLE} e WHERE id=%s", sent.pk)
    *texts, xid, digest = row
    (mine,) = run("SELECT pg_current_xact_id()::text::bigint")
    assert xid == mine[0]
    whole = b"".join(
        b"-," if text is None else b"%d:%b," % (len(text.encode()), text.encode())
        for text in texts
    )
    assert bytes(digest) == hashlib.sha256(whole).digest()


def test_months_are_made_ahead_once(db):
    later = NOW.replace(year=2031)
    made = partitions.ensure(now=later)
    assert made == [Month(2031, month) for month in (3, 4, 5, 6)]
    assert partitions.ensure(now=later) == []


def test_a_write_without_its_month_is_kept_and_moved_later(desk):
    old = LogEntry.objects.create(action=Kind.ACCESS, timestamp=NOW)
    before = run(f"SELECT tableoid::regclass::text, * FROM {TABLE} WHERE id=%s", old.pk)
    assert before[0][0] == REST
    partitions.ensure(now=NOW.replace(year=2031))
    after = run(f"SELECT tableoid::regclass::text, * FROM {TABLE} WHERE id=%s", old.pk)
    assert after[0][0] == Month.of(NOW).table
    assert after[0][1:] == before[0][1:]
    for table in (REST, Month.of(NOW).table):
        refused(f"TRUNCATE {table}")
    refused(f"DELETE FROM {Month.of(NOW).table}")
    assert LogEntry.objects.create(action=Kind.ACCESS, timestamp=NOW).pk > old.pk


def test_triggers_are_armed_in_every_part_whatever_the_session_says(db):
    partitions.ensure(now=NOW.replace(year=2031))
    rows = run(
        "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relname LIKE 'audit%%' AND NOT t.tgisinternal"
    )
    assert {enabled for *_rest, enabled in rows} == {"A"}
    assert len(rows) == 3 * (2 + len(partitions.existing())) + 2


def test_what_an_older_desk_logged_is_carried_over(desk, wang):
    run(
        "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE audit_logentry DISABLE TRIGGER USER"
    )
    top = run("SELECT coalesce(max(id), 0) FROM audit_logentry")[0][0]
    team = ContentType.objects.get_for_model(Team)
    for number, change in ((1, None), (2, '{"name": ["<sealed>", "<sealed>"]}')):
        run(
            "INSERT INTO auditlog_logentry (id, timestamp, action, content_type_id,"
            " object_pk, object_repr, changes, actor_id, changes_text, remote_addr)"
            " VALUES (%s, %s, 1, %s, '7', '部门', %s, %s, '', '192.0.2.7')",
            *(top + number, NOW, team.pk, change, wang.pk),
        )
    run(CARRY_OVER)
    run("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE audit_logentry ENABLE TRIGGER USER")

    first, second = LogEntry.objects.filter(pk__gt=top).order_by("pk")
    assert (second.pk, second.actor, second.object_repr) == (top + 2, wang, "部门")
    assert second.changes == {"name": ["<sealed>", "<sealed>"]}
    assert 0 < first.xid < run("SELECT pg_current_xact_id()::text::bigint")[0][0]
    assert LogEntry.objects.create(action=Kind.ACCESS).pk == top + 3
    wrong = run(f"SELECT id FROM {TABLE} e WHERE digest <> {digest_of('e')}")
    assert wrong == run("SELECT id FROM auditlog_logentry") == []
