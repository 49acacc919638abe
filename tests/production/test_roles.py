"""The desk runs as a role that owns nothing: what it may do is enough, and no more."""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import sys

import psycopg2
import pytest

from tests.production.compose import ROOT, read
from tests.production.roles import as_superuser, make_roles, own_server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("production")]
NOW = dt.datetime.now(dt.UTC)
MONTH = f"audit_logentry_y{NOW:%Y}m{NOW:%m}"
DAY = """
import datetime as dt
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from servicedesk.audit import armour, partitions, tasks
from servicedesk.audit.models import LogEntry, Seal
from servicedesk.audit.sealing import seal_settled
from servicedesk.audit.verifying import verify
from servicedesk.backups.models import Backup
from servicedesk.core.tasks import count_keys, purge_live_events
from servicedesk.staff.models import User
from tickets import tasks as daily
from tickets.actions.resolve import resolve
from tickets.actions.take import take_next
from tickets.models import Ticket

with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    assert cursor.fetchone() == ("desk_app",)
call_command("load_demo", "--force", verbosity=0)
now = timezone.now()
by = User.objects.get(username="agent")
ticket = take_next(by=by, now=now)
resolve(ticket=ticket, root_cause="a", solution="b", words="c", by=by, now=now)
for task in (
    daily.sweep_clocks, daily.sweep_follow_ups, daily.sweep_texts, daily.forget_old_forms,
    daily.forget_old_searches, purge_live_events, count_keys,
):
    task()
assert tasks.seal() >= 1
assert tasks.keep_months() == 0
assert armour.missing_armour() == []
assert partitions.ensure(now=now + dt.timedelta(days=400))
assert armour.missing_armour() == []
# A backup reads every table by its name, also a month that was made after `migrate`.
call_command("backup", "--wait")
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert len(Backup.objects.get().manifest["tables"]) == cursor.fetchone()[0] - 1
# As after a move to another cluster: the table is closed to writers for a moment.
assert seal_settled(now=now, cluster="another") >= 1
assert not verify().findings, verify().findings
call_command("verify_audit")
call_command("keys", "verify")
print(LogEntry.objects.count(), Seal.objects.count())
"""


SEALED = """
from servicedesk.audit.models import LogEntry
from servicedesk.audit.tasks import seal

LogEntry.objects.create(action=3)
assert seal() >= 1
"""

AGAIN = """
from servicedesk.audit.armour import missing_armour
from servicedesk.audit.models import LogEntry, SealKind
from servicedesk.audit.sealing import last_seal
from servicedesk.audit.tasks import keep_months, seal
from servicedesk.audit.verifying import verify

assert missing_armour() == []
LogEntry.objects.create(action=3)
assert seal() >= 1
assert last_seal().era >= 1
assert keep_months() == 0
assert not verify().findings, verify().findings
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_server() as server:
        server.secrets = tmp_path_factory.mktemp("roles") / "secrets"
        subprocess.run(
            [
                *(sys.executable, "deploy/make_secrets.py", server.secrets),
                *("--keep-owner", "--database", f"127.0.0.1:{server.port}"),
            ],
            cwd=ROOT,
            env=os.environ | {"SMTP_URL": "smtp://127.0.0.1:1?tls=none"},
            stdin=subprocess.DEVNULL,
            check=True,
            capture_output=True,
        )
        make_roles(server, server.secrets)
        told = manage(server, "migrate", "migrate", "--noinput", "--verbosity", "0")
        assert told.returncode == 0, told.stderr
        yield server


def manage(server, service, *words, script=None):
    """Run a command as this service of compose would."""
    given = {
        name: value.replace("/run/secrets", str(server.secrets)).replace(
            "/run/keys", str(server.secrets / "keys")
        )
        for name, value in read()["services"][service]["environment"].items()
    }
    given["DATA_DIR"] = str(server.secrets.parent)
    given["BACKUP_DIR"] = str(server.secrets.parent / "backups")
    given["REDIS_URL_FILE"] = ""
    given["REDIS_URL"] = os.environ["REDIS_URL"]
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            **given,
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings.production",
        },
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )


@contextlib.contextmanager
def line(server, name="database_url"):
    address = (server.secrets / name).read_text().strip()
    with contextlib.closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def test_neither_role_is_more_than_an_ordinary_one(server):
    with as_superuser(server) as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolsuper OR rolcreaterole OR rolcreatedb"
            " OR rolreplication OR rolbypassrls"
        )
        assert cursor.fetchall() == [("postgres",)]
        cursor.execute("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r"
                       " ON r.oid = m.member WHERE r.rolname LIKE 'desk%'")  # fmt: skip
        assert cursor.fetchone() == (0,)
    with as_superuser(server, "desk") as cursor:
        cursor.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        )
        assert cursor.fetchall() == [("desk",)]


def test_a_days_work_is_done_as_the_role_that_owns_nothing(server):
    told = manage(server, "worker-1", "shell", script=DAY)
    assert told.returncode == 0, told.stderr[-3000:]
    entries, seals = told.stdout.split()[-2:]
    assert int(entries) > 50
    assert int(seals) >= 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_logentry SET action = 2",
        "DELETE FROM audit_logentry",
        "TRUNCATE audit_logentry",
        f"UPDATE {MONTH} SET action = 2",
        f"DELETE FROM {MONTH}",
        f"INSERT INTO {MONTH} (timestamp) VALUES (now())",
        "DELETE FROM audit_logentry_rest",
        "UPDATE audit_seal SET count = 0",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
        "ALTER TABLE audit_logentry DISABLE TRIGGER audit_keep",
        f"ALTER TABLE {MONTH} DISABLE TRIGGER ALL",
        f"ALTER TABLE audit_logentry DETACH PARTITION {MONTH}",
        f"DROP TABLE {MONTH}",
        "DROP TABLE audit_seal",
        "DROP FUNCTION audit_keep()",
        (
            "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN OLD; END'"
        ),
        "SET session_replication_role = replica",
        "ALTER TABLE tickets_ticket ADD COLUMN x int",
        "TRUNCATE tickets_ticket CASCADE",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE audit_logentry (x int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "DELETE FROM django_migrations",
        "CREATE ROLE mine SUPERUSER",
        "SET ROLE desk",
        "COPY staff_user TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_role_of_the_desk_is_refused(server, statement):
    with (
        line(server) as cursor,
        pytest.raises(
            (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.RaiseException)
        ),
    ):
        cursor.execute(statement)


def test_months_are_dropped_by_the_desk_only_when_they_are_old(server):
    old = NOW.replace(year=NOW.year - 2, day=1).date()
    with line(server) as cursor:
        with pytest.raises(psycopg2.errors.RestrictViolation, match="at least 6"):
            cursor.execute("SELECT audit_drop_month(%s)", [NOW.date()])
        with pytest.raises(psycopg2.errors.RestrictViolation, match="at least 6"):
            cursor.execute(
                "SELECT audit_drop_month(%s)", [NOW.date() - dt.timedelta(days=150)]
            )
        cursor.execute("SELECT audit_make_month(%s)", [old])
        cursor.execute("SELECT audit_drop_month(%s)", [old])
        cursor.execute("SELECT to_regclass(%s)", [f"audit_logentry_y{old:%Y}m{old:%m}"])
        assert cursor.fetchone() == (None,)


def test_strangers_of_the_server_come_into_no_database_of_the_desk(server):
    with as_superuser(server) as cursor:
        cursor.execute("CREATE ROLE stranger LOGIN PASSWORD 'umbrella'")
    for database in ("desk", "postgres"):
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            psycopg2.connect(
                host="127.0.0.1", port=server.port, user="stranger",
                password="umbrella", dbname=database,
            )  # fmt: skip


def test_to_migrate_again_gives_the_same_rights_and_none_that_was_added(server):
    with line(server, "database_owner_url") as cursor:
        cursor.execute("GRANT DELETE ON audit_logentry TO desk_app")
    told = manage(server, "migrate", "migrate", "--noinput", "--verbosity", "0")
    assert told.returncode == 0, told.stderr
    with (
        line(server) as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("DELETE FROM audit_logentry")


def test_a_dump_of_one_cluster_comes_into_another_with_its_two_roles(server):
    """As from a cluster of before, whose one role had everything: docs/operations.md."""
    programs = server.place.postgres_programs
    # Something has to be sealed there, or the new cluster begins with the first era.
    told = manage(server, "worker-1", "shell", script=SEALED)
    assert told.returncode == 0, told.stderr[-3000:]
    dump = subprocess.run(
        [programs / "pg_dump", "--format=custom", "--dbname", url_of(server)],
        capture_output=True,
        check=True,
    )
    with own_server() as other:
        make_roles(other, server.secrets)
        restored = subprocess.run(
            [
                *(programs / "pg_restore", "--no-owner", "--no-privileges"),
                *("--role=desk", "--dbname", url_of(other)),
            ],
            input=dump.stdout,
            capture_output=True,
            check=False,
        )
        said = restored.stderr.decode()
        assert "must be owner of extension btree_gin" in said or not said
        assert said.count("pg_restore: error") <= 1, said
        with as_superuser(other, "desk") as cursor:
            cursor.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            )
            assert cursor.fetchall() == [("desk",)]
        other.secrets = shutil.copytree(server.secrets, server.secrets / "../other")
        for name in ("database_url", "database_owner_url"):
            file = other.secrets / name
            file.chmod(0o600)
            file.write_text(file.read_text().replace(str(server.port), str(other.port)))
        told = manage(other, "migrate", "migrate", "--noinput", "--verbosity", "0")
        assert told.returncode == 0, told.stderr
        told = manage(other, "worker-1", "shell", script=AGAIN)
        assert told.returncode == 0, told.stderr[-3000:]
        with (
            line(other) as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute("DELETE FROM audit_logentry")


def url_of(server):
    password = server.folder.password("postgres")
    return f"postgres://postgres:{password}@127.0.0.1:{server.port}/desk"
