import io

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from customers.actions.identify import (
    find_contact_point,
    identify_customer,
    parse_contact,
)
from customers.models import ContactPoint, Customer, NamePairs, SearchSetting
from customers.queries.pairs import pairs_of
from servicedesk.core.actions.keys import (
    carry_on,
    count_values,
    retire_key,
    start_run,
)
from servicedesk.core.encryption import keyfiles
from servicedesk.core.encryption.keyfiles import KeyFileError
from servicedesk.core.encryption.keys import keyring, make_key, reload_keys
from servicedesk.core.encryption.status import key_status
from servicedesk.core.models import KeyCount, KeyRun, KeyWork
from tests.core.encryption_app.fixtures import keys
from tests.desk import at_once, committed, desk, while_open
from tests.factories import NOW, ContactPointFactory, CustomerFactory, team_of

assert all([keys, committed, desk])  # fixtures


@pytest.fixture
def serving(keys, committed):
    """A desk that really commits, under keys that a test may change."""
    yield keys
    KeyRun.objects.all().delete()
    KeyCount.objects.all().delete()


def index_primary(keys, version):
    (keys.folder / "index-primary").write_text(f"{version}\n")
    reload_keys()


def new_index_key(keys):
    index_primary(keys, 1)
    keys.add("index", 2)
    index_primary(keys, 2)


def run(limit=7):
    found = start_run(work=KeyWork.REINDEX, by=None, now=NOW)
    while found.finished_at is None:
        found = carry_on(run=found, now=NOW, limit=limit)
    return found


def identify(text, name="张伟"):
    return identify_customer(
        name=name,
        contact=parse_contact(text),
        team=team_of("call-centre"),
        language="zh-hans",
        now=NOW,
    )


def index_versions(model, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table}")
        return {bytes(value)[0] for (value,) in cursor.fetchall()}


def test_everything_is_found_before_during_and_after(keys, desk):
    known = identify("13812345678")
    ContactPointFactory.create_batch(20)
    new_index_key(keys)
    contact = parse_contact("138 1234 5678")
    assert find_contact_point(contact) == known
    begun = start_run(work="reindex", by=None, now=NOW)
    while index_versions(ContactPoint, "value_index") == {1}:  # others come first
        begun = carry_on(run=begun, now=NOW, limit=5)
    assert index_versions(ContactPoint, "value_index") == {1, 2}
    assert find_contact_point(contact) == known
    done = run()
    assert done.result["complete"]
    # Of a telephone number two: the whole, and its last four digits.
    assert (done.done, done.result["left"]) == (43, 0)
    assert index_versions(ContactPoint, "value_index") == {2}
    assert index_versions(Customer, "name_index") == {2}
    keys.lose("index", 1)
    assert find_contact_point(contact) == known


def test_a_new_index_key_is_not_written_before_it_is_everywhere(keys, desk):
    assert keyfiles.make("index") == 2
    assert keyring().index_versions == [1, 2]
    identify("13812345678")
    assert index_versions(ContactPoint, "value_index") == {1}
    index_primary(keys, 2)
    assert keyring().index_versions == [2, 1]


def test_a_name_that_lost_its_index_primary_says_so(keys, desk):
    keys.add("index", 2)
    index_primary(keys, 2)
    keys.lose("index", 2)
    with pytest.raises(CommandError, match=r"index-2\.key is missing"):
        call_command("keys", "reindex")


def test_a_known_contact_under_the_old_key_is_no_new_customer(serving):
    known = identify("13812345678")
    new_index_key(serving)
    found = at_once(*[lambda: identify("138-1234-5678")] * 4)
    assert {point.pk for point in found} == {known.pk}
    assert Customer.objects.count() == 1


def test_one_new_contact_written_under_two_keys_at_once_is_one_customer(
    serving, monkeypatch
):
    """One process writes with the old index key, another has heard of the new one."""
    serving.add("index", 2)
    index_primary(serving, 1)
    old = keyring()
    index_primary(serving, 2)
    assert keyring().index_primary == 2

    def as_one_that_has_not_heard():
        with monkeypatch.context() as behind:
            behind.setattr(
                "servicedesk.core.encryption.blind_index.keyring", lambda: old
            )
            return identify("13812345678")

    first, second = while_open(
        as_one_that_has_not_heard, lambda: identify("138 1234 5678")
    )
    assert first == second
    assert index_versions(ContactPoint, "value_index") == {1}
    assert Customer.objects.count() == 1


@pytest.mark.slow
def test_contacts_made_twice_while_all_is_indexed_anew_are_one_customer(serving):
    ContactPointFactory.create_batch(60)
    new_index_key(serving)
    numbers = [f"138{n:08d}" for n in range(40)]

    def ask():
        return [identify(number).pk for number in numbers]

    asked = at_once(lambda: run(limit=5), ask, ask, ask)
    assert asked[1] == asked[2] == asked[3]
    assert run().result["complete"]
    assert ContactPoint.objects.count() == Customer.objects.count() == 100
    assert index_versions(ContactPoint, "value_index") == {2}


def test_a_double_from_elsewhere_is_named_and_holds_the_old_key(
    keys, desk, monkeypatch
):
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    first = ContactPointFactory(value="double@example.com")
    ContactPointFactory.create_batch(8)
    new_index_key(keys)
    ContactPointFactory(value="double@example.com")  # past identify_customer
    done = run()
    assert done.result["complete"]
    assert done.result["named"] == [
        ["customers.contactpoint.value_index", str(first.pk), "double"]
    ]
    with pytest.raises(KeyFileError, match=r"index-1\.key is still needed"):
        retire_key(kind="index", version=1, now=NOW)
    first.delete()
    retire_key(kind="index", version=1, now=NOW)
    assert keyring().index_versions == [2]


# --- the command and the words ---


def told(*words):
    out = io.StringIO()
    call_command("keys", *words, stdout=out)
    return out.getvalue()


def test_the_whole_way_by_hand(keys, desk, monkeypatch):
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    ContactPointFactory.create_batch(3)
    count_values(now=NOW)
    for kind, work in (("field", "rotate"), ("index", "reindex")):
        assert f"{kind}-2.key is made and not yet used" in told("make", kind)
        assert f"keys use {kind} 2" in told("count")
        told("use", kind, "2")
        assert "Values are still under an older key" in told("count")
        assert f"{work}: finished, 6 done, 0 left, 0 in trouble" in told(work)
        assert f"keys retire {kind} 1" in told("status")
        assert f"{kind}-1.key.retired" in told("retire", kind, "1")
    assert "verify: finished, 6 done, 0 left, 0 in trouble" in told("verify")
    assert "Nothing is due" in told("count")
    assert {
        point.value.endswith("@example.com") for point in ContactPoint.objects.all()
    } == {True}


def test_the_words_show_no_value_and_no_key(keys, desk):
    point = ContactPointFactory(value="secret@example.com")
    text = told("count")
    assert "secret@example.com" not in text
    assert (keys.folder / "field-1.key").read_text().strip() not in text
    assert point.value


def test_two_machines_can_compare_their_keys(keys, desk):
    first = told("status")
    (keys.folder / "field-1.key").write_text(make_key())
    reload_keys()
    assert told("status") != first


def test_the_status_tells_what_is_wrong(keys, desk):
    bad = ContactPointFactory()
    keys.add("field", 2)
    ContactPointFactory()
    (keys.folder / "field-2.key").chmod(0o644)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_contactpoint SET value = '' WHERE id = %s", [bad.pk]
        )
    count_values(now=NOW)
    keys.lose("field", 1)
    warnings = " ".join(key_status(now=NOW).warnings)
    assert "cannot be read or found: 1. field-1.key is missing" in warnings
    assert "Others on this machine may read field-2.key" in warnings
    assert "no sealed values at all: 1." in warnings


def test_an_unfit_folder_is_told_and_no_crash(keys, desk):
    (keys.folder / "primary").write_text("7")
    reload_keys()
    status = key_status(now=NOW)
    assert "field-7.key is missing" in status.trouble
    assert "must name the version" in told("status")


def test_verify_finds_what_was_altered(keys, desk):
    first, second = ContactPointFactory.create_batch(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_contactpoint a SET value = b.value"
            " FROM customers_contactpoint b WHERE a.id = %s AND b.id = %s",
            [first.pk, second.pk],
        )
    text = told("verify")
    assert f"customers.contactpoint.value row {first.pk}: altered" in text
    assert str(second.pk) not in text


def test_parts_of_names_come_under_the_new_key_as_well(keys, desk, monkeypatch):
    """They stood under the old key until the setting was saved again."""
    monkeypatch.setattr(keyfiles, "NOTICED_SECONDS", 0.0)
    cache.clear()  # it may know from another test that parts of names are not found
    SearchSetting.objects.update(name_pairs=True)
    hua = CustomerFactory(name="欧阳娜娜")
    others = [CustomerFactory(name=f"周小{n}") for n in "一二三"]
    kept = NamePairs.objects.values_list("key_version", flat=True)
    new_index_key(keys)
    assert set(kept.all()) == {1}
    counted = count_values(now=NOW)
    assert counted.indexes["customers.namepairs.pairs"] == {"1": 4}
    with pytest.raises(KeyFileError, match="namepairs"):
        retire_key(kind="index", version=1, now=NOW)

    done = run(limit=2)

    assert (done.result["complete"], done.result["left"]) == (True, 0)
    assert set(kept.all()) == {2}
    assert NamePairs.objects.get(customer=hua).pairs == pairs_of("欧阳娜娜", 2)
    assert NamePairs.objects.count() == len(others) + 1
    keys.lose("index", 1)
    assert count_values(now=NOW).indexes["customers.namepairs.pairs"] == {"2": 4}
