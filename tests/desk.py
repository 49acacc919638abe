"""Fixtures of a small desk with people in it, and ways to do two things at once."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import translation

from servicedesk.audit.database import REST, SEALS, TABLE, triggers_of
from servicedesk.audit.partitions import existing
from servicedesk.staff.guards import AGREEMENT, RECORD, SIGNATURE
from servicedesk.staff.models import User
from tests.factories import TicketFactory, UserFactory, ensure_defaults

PATIENCE = 20


@pytest.fixture
def desk(db):
    """Give the default teams, categories and service levels, in English."""
    ensure_defaults()
    with translation.override("en"):
        yield


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Give a desk whose transactions really commit, for what happens in several threads.

    What migrations made stays; everything else is emptied at the end.
    """
    with django_db_blocker.unblock(), translation.override("en"):
        ensure_defaults()
        yield
        _empty()
        connection.close()


def _empty():
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_customer, core_job, core_liveevent CASCADE")
        cursor.execute("TRUNCATE customers_honeyrecord, customers_reveallimits CASCADE")
    empty_log()
    empty_signatures()
    User.objects.all().delete()
    empty_log()


def empty_log():
    """Empty the audit log, as only the owner of its tables can."""
    tables = [TABLE, REST, SEALS, *(month.table for month in existing())]
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {TABLE}, {SEALS}")
        for table in tables:
            for name in triggers_of(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def empty_signatures():
    """Forget what people signed and recorded, and all versions but the first."""
    tables = (SIGNATURE, RECORD, AGREEMENT)
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"DELETE FROM {SIGNATURE}; DELETE FROM {RECORD}")
        cursor.execute(f"DELETE FROM {AGREEMENT} WHERE number > 1")
        cursor.execute("DELETE FROM staff_successor; DELETE FROM staff_departure")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER staff_keep")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER staff_keep_all")
        cursor.execute(f"ALTER TABLE {SIGNATURE} ENABLE ALWAYS TRIGGER staff_sign")


@pytest.fixture
def wang(desk):
    """Wang Fang answers in the call centre."""
    return UserFactory(display_name="Wang Fang", team="call-centre")


@pytest.fixture
def li(desk):
    """Li Lei sits next to Wang Fang."""
    return UserFactory(display_name="Li Lei", team="call-centre")


@pytest.fixture
def zhao(desk):
    """Zhao Min leads the call centre."""
    return UserFactory(
        display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
    )


@pytest.fixture
def chen(desk):
    """Chen Jie answers in technical support."""
    return UserFactory(display_name="Chen Jie", team="technical")


@pytest.fixture
def sun(desk):
    """Sun Hao leads technical support."""
    return UserFactory(
        display_name="Sun Hao", role="supervisor", team="technical", lead=True
    )


@pytest.fixture
def ticket(desk):
    """Zhang Wei's headphones have no sound; nobody has taken it yet."""
    return TicketFactory(name="张伟", contact="zhang.wei@example.com")


def fresh(row):
    """Return the row as the database has it, without anything kept on the object."""
    return type(row)._default_manager.get(pk=row.pk)


def at_once(*calls):
    """Run the calls at the same moment, each on its own connection.

    Returns what each returned, or the exception that it ended with.
    """
    barrier = threading.Barrier(len(calls))

    def run(call):
        with _own_connection():
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            return _outcome(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def while_open(first, second, *, passes_by=False):
    """Run `second` while `first` has done its work but has not committed it yet.

    With `passes_by` the second has to get by without waiting for the first.
    """
    worked, finished = threading.Event(), threading.Event()

    def hold():
        with _own_connection(), transaction.atomic():
            result = first()
            worked.set()
            # Either the second gets by without waiting, or it waits for our commit.
            passed = finished.wait(3 if passes_by else 0.3)
            assert passed or not passes_by, "the second waited for the first"
        return result

    def follow():
        with _own_connection():
            worked.wait(PATIENCE)
            try:
                return _outcome(second)
            finally:
                finished.set()

    with ThreadPoolExecutor(2) as pool:
        held, followed = pool.submit(hold), pool.submit(follow)
        return held.result(PATIENCE), followed.result(PATIENCE)


@contextlib.contextmanager
def _own_connection():
    try:
        with translation.override("en"):
            yield
    finally:
        connection.close()


def _outcome(call):
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # the test looks at it
        return error
