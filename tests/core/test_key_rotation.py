import io
import threading

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from customers.models import ContactPoint, Customer
from servicedesk.audit.models import LogEntry
from servicedesk.core.actions.keys import carry_on, count_values, retire_key, start_run
from servicedesk.core.encryption import keyfiles
from servicedesk.core.encryption.envelope import key_version
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.keyfiles import KeyFileError
from servicedesk.core.encryption.status import key_status
from servicedesk.core.encryption.stores import TableStore
from servicedesk.core.models import KeyCount, KeyRun, KeyWork
from servicedesk.staff.adapters.second_factor import SecondFactorAdapter
from tests.core.encryption_app.fixtures import keys
from tests.desk import at_once, committed, desk
from tests.factories import NOW, ContactPointFactory, TicketFactory, UserFactory

assert all([keys, committed, desk])  # fixtures


@pytest.fixture
def serving(keys, committed):
    """A desk that really commits, under keys that a test may change."""
    yield keys
    KeyRun.objects.all().delete()
    KeyCount.objects.all().delete()


def run(work=KeyWork.ROTATE, limit=7):
    found = start_run(work=work, by=None, now=NOW)
    while found.finished_at is None:
        found = carry_on(run=found, now=NOW, limit=limit)
    return found


def new_field_key(keys, version=2):
    keys.primary(1)
    keys.add("field", version)
    keys.primary(version)


def stored(model, column):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {model._meta.db_table} WHERE {column} IS NOT NULL"
        )
        return [bytes(value) for (value,) in cursor.fetchall()]


def versions(model, column):
    return {key_version(value) for value in stored(model, column)}


def overwrite(row, column, value):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s",
            [value, row.pk],
        )


# --- all fields, and what apps seal outside of fields ---


def test_everything_is_brought_under_the_new_key(keys, desk):
    ticket = TicketFactory(name="张伟", contact="13812345678")
    TicketFactory(name="李四", contact="13812345678")
    ContactPointFactory.create_batch(20)
    seed = Authenticator.objects.create(
        user=UserFactory(),
        type="totp",
        data={"secret": SecondFactorAdapter().encrypt("S")},
    )
    new_field_key(keys)
    done = run()
    assert done.result["complete"]
    assert (done.result["left"], done.result["unreadable"]) == (0, 0)
    assert done.done == done.total == 22 + 21 + 1 + 1 - 1
    keys.lose("field", 1)
    found = Customer.objects.get(pk=ticket.customer_id)
    assert found.name == "张伟"
    assert found.contact_points.get().value == "+8613812345678"
    assert [t.given_name for t in found.tickets.order_by("created_at", "id")] == [
        None,
        "李四",
    ]
    seed.refresh_from_db()
    assert SecondFactorAdapter().decrypt(seed.data["secret"]) == "S"


def test_a_run_is_one_entry_of_the_audit_log(keys, desk):
    ContactPointFactory.create_batch(9)
    new_field_key(keys)
    before = LogEntry.objects.count()
    run(limit=2)
    assert LogEntry.objects.count() == before + 1
    assert LogEntry.objects.latest("id").content_type.model == "keyrun"


def test_what_cannot_be_read_is_named_by_its_row_and_left_alone(keys, desk):
    good, bad = ContactPointFactory(value="a@example.com"), ContactPointFactory()
    garbage = b"\1\0\1" + b"garbage that once was an envelope"
    overwrite(bad, "value", garbage)
    before = stored(ContactPoint, "value")
    new_field_key(keys)
    done = run()
    assert done.result["complete"]
    assert done.result["named"] == [
        ["customers.contactpoint.value", str(bad.pk), "altered"]
    ]
    assert set(before) & set(stored(ContactPoint, "value")) == {garbage}
    keys.lose("field", 1)
    assert ContactPoint.objects.get(pk=good.pk).value == "a@example.com"


def test_an_edit_between_reading_and_writing_is_not_overwritten(keys, desk):
    edited, other = ContactPointFactory.create_batch(2)
    new_field_key(keys)
    store = TableStore(ContactPoint)
    rows = store.read(None, 10)
    changes = [(pk, {"value": (held["value"], b"late")}) for pk, held in rows]
    edited.value = "new@example.com"
    edited.save()
    assert store.write(changes) == 1
    assert ContactPoint.objects.get(pk=edited.pk).value == "new@example.com"
    assert isinstance(ContactPoint.objects.get(pk=other.pk).value, Unreadable)


def test_another_key_made_primary_midway_begins_anew(keys, desk):
    ContactPointFactory.create_batch(9)
    new_field_key(keys, 2)
    begun = carry_on(run=start_run(work="rotate", by=None, now=NOW), now=NOW, limit=4)
    assert begun.cursor["target"] == 2
    keys.add("field", 3)
    keys.primary(3)
    assert run().result["target"] == 3
    assert versions(ContactPoint, "value") == versions(Customer, "name") == {3}


# --- while the system serves ---


def test_a_row_in_somebodys_hands_is_not_waited_for_and_comes_later(serving):
    points = ContactPointFactory.create_batch(5)
    new_field_key(serving)
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                ContactPoint.objects.select_for_update().get(pk=points[2].pk)
                held.set()
                assert done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    found = start_run(work="rotate", by=None, now=NOW)
    while (found.cursor or {}).get("pass", 1) < 2:
        found = carry_on(run=found, now=NOW, limit=50)
    assert versions(ContactPoint, "value") == {1, 2}
    done.set()
    thread.join()
    assert run().result["complete"]
    assert versions(ContactPoint, "value") == {2}


@pytest.mark.slow
def test_four_people_read_and_edit_while_all_is_encrypted_anew(serving):
    points = ContactPointFactory.create_batch(120)
    pks = [point.customer_id for point in points]
    new_field_key(serving)
    stop, troubles, last = threading.Event(), [], {}

    def work(number):
        mine = pks[number::4]
        turn = 0
        while not stop.is_set() or turn < 40:
            pk = mine[turn % len(mine)]
            name = f"陈静{number}-{turn}"
            row = Customer.objects.get(pk=pk)
            if isinstance(row.name, Unreadable) or (
                pk in last and row.name != last[pk]
            ):
                troubles.append((pk, str(row.name), last.get(pk)))
            row.name = name
            row.save(update_fields=["name", "name_index"])
            last[pk] = name
            turn += 1

    def rotate():
        try:
            return run(limit=10)
        finally:
            stop.set()

    at_once(rotate, *[lambda n=n: work(n) for n in range(4)])
    assert run().result["complete"]
    assert troubles == []
    assert versions(Customer, "name") == versions(ContactPoint, "value") == {2}
    serving.lose("field", 1)
    assert {c.pk: c.name for c in Customer.objects.filter(pk__in=last)} == last
    assert all(point.value for point in ContactPoint.objects.all())


def test_a_killed_run_goes_on_where_it_was(serving, monkeypatch):
    ContactPointFactory.create_batch(12)
    new_field_key(serving)
    begun = start_run(work="rotate", by=None, now=NOW)
    while not begun.done:  # empty tables come first
        begun = carry_on(run=begun, now=NOW, limit=5)
    assert 0 < begun.done < 24
    kept = begun.done

    def die(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(KeyRun.objects, "filter", die)
        with pytest.raises(KeyboardInterrupt):
            carry_on(run=begun, now=NOW, limit=5)
    again = start_run(work="rotate", by=None, now=NOW)
    assert (again.pk, again.done) == (begun.pk, kept)
    finished = run()
    assert (finished.pk, finished.done) == (begun.pk, 24)
    assert finished.result["complete"]


def test_two_who_start_it_at_once_share_one_run(serving):
    ContactPointFactory.create_batch(10)
    new_field_key(serving)
    first, second = at_once(run, run)
    assert first.pk == second.pk
    assert first.done == second.done == 20


# --- keys as files ---


def test_a_new_key_waits_until_it_is_everywhere(keys, desk, monkeypatch):
    assert keyfiles.make("field") == 2
    point = ContactPointFactory()
    assert versions(ContactPoint, "value") == {1}
    with pytest.raises(KeyFileError, match="minute old"):
        keyfiles.use("field", 2)
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    keyfiles.use("field", 2)
    point.value = "new@example.com"
    point.save()
    assert versions(ContactPoint, "value") == {2}
    assert (keys.folder / "field-2.key").stat().st_mode & 0o77 == 0


def test_a_key_that_is_needed_is_not_retired(keys, desk, monkeypatch):
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    ContactPointFactory.create_batch(3)
    new_field_key(keys)
    with pytest.raises(
        KeyFileError, match=r"contactpoint\.value: 3, customers\.customer\.name: 3"
    ):
        retire_key(kind="field", version=1, now=NOW)
    run()
    kept = retire_key(kind="field", version=1, now=NOW)
    assert kept.name == "field-1.key.retired"
    entry = LogEntry.objects.latest("pk")
    assert (entry.object_repr, entry.timestamp) == ("field-1.key", NOW)
    assert entry.additional_data == {"change": "retired", "given_up": 0}
    assert [type(point.value) for point in ContactPoint.objects.all()] == [str] * 3
    with pytest.raises(KeyFileError, match="is the one that is written"):
        retire_key(kind="field", version=2, now=NOW)
    assert keyfiles.make("field") == 3


def test_unreadable_values_hold_a_key_until_they_are_given_up(keys, desk, monkeypatch):
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    bad, _good = ContactPointFactory.create_batch(2)
    garbage = b"\1\0\1" + b"garbage that once was an envelope"
    overwrite(bad, "value", garbage)
    new_field_key(keys)
    run()
    count_values(now=NOW)
    assert "--give-up-unreadable" in " ".join(key_status(now=NOW).advice)
    with pytest.raises(KeyFileError, match=r"contactpoint\.value: 1"):
        retire_key(kind="field", version=1, now=NOW)
    before = LogEntry.objects.count()
    retire_key(kind="field", version=1, now=NOW, give_up_unreadable=True)
    assert LogEntry.objects.count() == before + 1
    assert LogEntry.objects.latest("pk").additional_data["given_up"] == 1


def test_a_key_taken_away_too_early_is_honest_and_healed(keys, desk):
    point = ContactPointFactory(value="a@example.com")
    new_field_key(keys)
    keys.lose("field", 1)
    done = run()
    assert done.result["complete"]
    assert done.result["unreadable"] == done.result["left"] == 2
    assert {why for _label, _row, why in done.result["named"]} == {"key-1"}
    assert str(ContactPoint.objects.get(pk=point.pk).value).startswith("Cannot be read")
    keys.find("field", 1)
    assert run().result == {**done.result, "done": 2, "left": 0, "unreadable": 0,
                            "passes": 1, "named": []}  # fmt: skip
    assert ContactPoint.objects.get(pk=point.pk).value == "a@example.com"


def test_a_new_key_that_does_not_decode_stops_nothing_and_changes_nothing(keys, desk):
    point = ContactPointFactory(value="a@example.com")
    keys.primary(1)
    (keys.folder / "field-2.key").write_text("not base64!")
    with pytest.raises(CommandError, match=r"cannot be read: .*field-2\.key"):
        call_command("keys", "rotate")
    (keys.folder / "field-2.key").unlink()
    call_command("keys", "rotate", stdout=io.StringIO())
    assert ContactPoint.objects.get(pk=point.pk).value == "a@example.com"
