"""Whoever has all rights on the database changes something: it is found and named."""

import hashlib

import pytest
from django.db import connection

from servicedesk.audit.database import PARTS, TABLE
from servicedesk.audit.models import LogEntry, Seal
from servicedesk.audit.partitions import Month
from servicedesk.audit.verifying import verify
from tests.audit.ways import entries, found, guard, rehash, run, unguard, update

COLUMNS = {
    "timestamp": "timestamp + interval '1 second'",
    "action": "4",
    "content_type_id": "1",
    "object_pk": "'8'",
    "object_id": "8",
    "object_repr": "'another thing'",
    "changes": """'{"city": ["成都", "上海"]}'""",
    "actor_id": "(SELECT max(id) FROM staff_user)",
    "actor_email": "'li@desk.example'",
    "cid": "NULL",
    "remote_addr": "'192.0.2.8'",
    "remote_port": "NULL",
    "additional_data": """'{"purpose": "identity"}'""",
    "source": "''",
    "digest": r"'\x00'",
}


def test_nothing_was_done(tampering):
    guard()
    report = verify()
    assert (report.findings, report.notices, report.unsealed) == ([], [], 0)
    assert report.entries >= 12


@pytest.mark.django_db  # one test has to say so, else no database is made
def test_every_column_is_under_the_digest():
    words = " ".join(PARTS)
    with_digest = {"digest", *COLUMNS, "id", "xid"}
    assert {f.column for f in LogEntry._meta.concrete_fields} == with_digest
    assert all(f"{{0}}.{name}" in words for name in with_digest - {"digest"})


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("rehashed", [False, True], ids=["as it is", "with its hash"])
def test_a_column_is_changed(tampering, column, rehashed):
    pk = entries(1)[2]
    update(pk, **{column: COLUMNS[column]})
    if rehashed and column != "digest":
        rehash(pk)
    assert f"Entry {pk} of 20" in (said := found())
    assert "was changed" in said


def test_an_entry_is_deleted(tampering):
    pk = entries(1)[1]
    run(f"DELETE FROM {TABLE} WHERE id = %s", pk)
    assert f"Entry {pk} of 20" in (said := found())
    assert "is missing" in said


def test_the_first_of_several_is_named(tampering):
    for pk in (entries(0)[0], entries(1)[3], entries(1)[1]):
        run(f"DELETE FROM {TABLE} WHERE id = %s", pk)
    assert f"Entry {entries(1)[0] + 1} of 20" in found()


def test_the_newest_sealed_entries_are_deleted(tampering):
    newest = entries(0)
    run(f"DELETE FROM {TABLE} WHERE id >= %s", newest[0])
    assert f"Entry {newest[0]} of 20" in found()


def test_a_whole_month_is_dropped(tampering):
    first = entries(Seal.objects.count() - 1)[0]
    month = Month.of(Seal.objects.latest("number").made_at)
    run(f"DROP TABLE {month.table}")
    assert f"Entry {first} of 20" in (said := found())
    assert "is missing" in said


def copied(pk, **instead):
    """Insert a copy of an entry, some columns with another value."""
    names = [f"{name}" for name in (*COLUMNS, "xid")]
    values = [str(instead.get(name, name)) for name in names]
    new = instead.get("id", "nextval('audit_logentry_id_seq')")
    run(
        f"INSERT INTO {TABLE} (id, {', '.join(names)}) SELECT {new}, "
        f"{', '.join(values)} FROM {TABLE} WHERE id = %s",
        pk,
    )
    return run(f"SELECT max(id) FROM {TABLE}")[0][0]


def test_an_entry_is_inserted_into_the_past(tampering):
    new = copied(entries(1)[1], timestamp="timestamp - interval '1 minute'")
    rehash(new)
    assert f"Entry {new} of 20" in (said := found())
    assert "was inserted" in said


def test_an_entry_is_inserted_before_all_transactions(tampering):
    new = copied(entries(1)[1], xid="-5")
    rehash(new)
    assert f"Entry {new} of 20" in (said := found())
    assert "was inserted" in said


def test_an_entry_of_a_transaction_to_come_is_inserted(tampering):
    new = copied(entries(1)[1], xid="9000000000000")
    rehash(new)
    assert f"Entry {new} of 20" in (said := found())
    assert "was inserted" in said


def test_an_entry_is_inserted_before_the_first_number(tampering):
    copied(entries(1)[1], id="-5")
    rehash(-5)
    assert "Entry -5 of 20" in (said := found())
    assert "was inserted" in said


def test_an_entry_is_there_twice(tampering):
    pk = entries(1)[1]
    copied(pk, id=pk, timestamp="timestamp + interval '1 second'")
    assert f"Entry {pk} of 20" in (said := found())
    assert "more than once" in said


def test_two_entries_swap_their_contents(tampering):
    one, other = entries(1)[:2]
    names = [name for name in COLUMNS if name != "timestamp"]
    pairs = ", ".join(f"{name} = other.{name}" for name in names)
    run(
        f"UPDATE {TABLE} e SET {pairs} FROM {TABLE} other"
        " WHERE (e.id, other.id) IN ((%s, %s), (%s, %s))",
        *(one, other, other, one),
    )
    for pk in (one, other):
        rehash(pk)
    assert f"Entry {one} of 20" in found()


def test_an_entry_moves_to_another_month(tampering):
    pk = entries(1)[1]
    update(pk, timestamp="timestamp + interval '1 month'")
    rehash(pk)
    assert f"Entry {pk} of 20" in (said := found())
    assert "was changed" in said


def test_an_entry_moves_to_another_seal(tampering):
    pk = entries(1)[1]
    update(
        pk, xid=str(run(f"SELECT xid FROM {TABLE} WHERE id = {entries(0)[0]}")[0][0])
    )
    rehash(pk)
    assert f"Entry {pk} of 20" in (said := found())
    assert "is missing" in said


def test_entries_that_are_not_sealed_yet_are_changed(tampering, log):
    guard()
    run(
        f"INSERT INTO {TABLE} (timestamp, action, object_pk, object_repr, source)"
        " VALUES (now(), 3, '', '', '')"
    )
    assert verify().unsealed == 1
    unguard()
    pk = run(f"SELECT max(id) FROM {TABLE}")[0][0]
    update(pk, actor_id=str(log[1].pk))
    assert f"Entry {pk} of 20" in found()


# --- the armour itself ---


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        (
            "DROP TRIGGER audit_keep ON audit_seal",
            "audit_keep of audit_seal is missing",
        ),
        (
            f"ALTER TABLE {TABLE}_rest DISABLE TRIGGER audit_keep",
            f"audit_keep of {TABLE}_rest is switched off",
        ),
        (
            f"ALTER TABLE {TABLE} ENABLE TRIGGER audit_keep",
            f"audit_keep of {TABLE} is switched off",
        ),
        (
            (
                "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql"
                " AS 'BEGIN RETURN OLD; END'"
            ),
            f"audit_keep of {TABLE} does something else",
        ),
        (
            (
                "CREATE OR REPLACE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql"
                " AS 'BEGIN RETURN NULL; END'"
            ),
            f"audit_stamp of {TABLE} does something else",
        ),
    ],
)
def test_a_trigger_is_taken_away(tampering, sql, sentence):
    guard()
    run(sql)
    assert f"The trigger {sentence}" in " ".join(verify().findings)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        (
            (
                f"CREATE RULE hush AS ON INSERT TO {TABLE} WHERE NEW.actor_id = 7"
                " DO INSTEAD NOTHING"
            ),
            f"{TABLE} has a rule",
        ),
        (
            (
                "CREATE FUNCTION hush() RETURNS trigger LANGUAGE plpgsql"
                " AS 'BEGIN RETURN NULL; END';"
                f"CREATE TRIGGER a_hush BEFORE INSERT ON {TABLE}"
                " FOR EACH ROW EXECUTE FUNCTION hush()"
            ),
            f"{TABLE} has the trigger a_hush",
        ),
        (
            f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
            f"{TABLE} has security by row",
        ),
    ],
)
def test_something_keeps_entries_from_the_log(tampering, sql, sentence):
    guard()
    run(sql)
    assert sentence in " ".join(verify().findings)


def test_a_function_of_the_database_that_lies_does_not_help(tampering):
    # The digests are taken outside of the database.
    pk = entries(1)[1]
    update(pk, object_repr="'another thing'")
    run(
        "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql"
        " AS $$ SELECT ''::bytea $$"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = public, pg_catalog")
    assert f"Entry {pk} of 20" in found()
    assert hashlib.sha256(b"").digest()
