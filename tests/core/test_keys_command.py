"""The command in a process of its own: stopped, killed, and going on."""

import os
import signal
import subprocess
import sys
import time
import urllib.parse

import pytest
from django.conf import settings
from django.db import connection

from customers.models import ContactPoint
from servicedesk.core.encryption.envelope import key_version
from servicedesk.core.models import KeyCount, KeyRun
from tests.core.encryption_app.fixtures import keys
from tests.desk import committed
from tests.factories import ContactPointFactory

assert all([keys, committed])  # fixtures
PATIENCE = 60


def begin(keys, *words):
    own = connection.settings_dict
    password = urllib.parse.quote(own["PASSWORD"], safe="")
    address = f"{own['USER']}:{password}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{address}",
        "FIELD_KEYS_DIR": str(keys.folder),
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "keys", *words],
        cwd=settings.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_more_than(done):
    deadline = time.monotonic() + PATIENCE
    while not KeyRun.objects.filter(done__gt=done).exists():
        assert time.monotonic() < deadline, "it does not begin"
        time.sleep(0.02)


@pytest.fixture
def serving(keys, committed):
    """150 contacts under a key that is no longer the one that is written."""
    ContactPointFactory.create_batch(150)
    keys.primary(1)
    keys.add("field", 2)
    keys.primary(2)
    yield keys
    KeyRun.objects.all().delete()
    KeyCount.objects.all().delete()


def versions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM customers_contactpoint")
        return {key_version(bytes(value)) for (value,) in cursor.fetchall()}


@pytest.mark.slow
def test_stopped_killed_and_gone_on_with_it_is_all_done_once(serving):
    with begin(serving, "rotate", "--rows", "1") as process:
        wait_for_more_than(0)
        process.send_signal(signal.SIGINT)
        _out, words = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "the same command goes on from here" in words
    stopped = KeyRun.objects.get()
    assert 0 < stopped.done < 300
    assert stopped.finished_at is None
    with begin(serving, "rotate", "--rows", "1") as process:
        wait_for_more_than(stopped.done)
        process.kill()
        process.communicate(timeout=PATIENCE)
    with begin(serving, "rotate") as process:
        out, words = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, words
    assert "Going on at " in out
    assert "rotate: finished, 300 done, 0 left, 0 in trouble" in out
    assert KeyRun.objects.get().pk == stopped.pk
    serving.lose("field", 1)
    assert all(isinstance(each.value, str) for each in ContactPoint.objects.all())
    assert versions() == {2}
