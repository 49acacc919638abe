"""A real restore in the production form: the owner of the tables, the role of the desk,
and a superuser who alone may make databases."""

import psycopg2
import pytest

from tests.production.roles import as_superuser
from tests.production.test_roles import line, manage, server, url_of

assert server  # a fixture
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("production")]
BEFORE = """
from django.core.management import call_command
from servicedesk.audit.tasks import seal
from servicedesk.backups.models import Backup

call_command("load_demo", "--force", verbosity=0)
assert seal() >= 1
call_command("backup", "--wait", verbosity=0)
print(Backup.objects.get().name)
"""
AFTER = """
from django.db import connection
from servicedesk.audit.armour import missing_armour
from servicedesk.audit.models import LogEntry
from servicedesk.audit.tasks import keep_months, seal
from servicedesk.audit.verifying import verify
from servicedesk.staff.models import User
from tickets.models import Ticket

with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    assert cursor.fetchone() == ("desk_app",)
assert missing_armour() == []
assert Ticket.objects.exists()
assert not User.objects.filter(display_name="changed since").exists()
LogEntry.objects.create(action=3)
assert seal() >= 1
assert keep_months() == 0
assert not verify().findings, verify().findings
"""


def test_it_comes_back_with_both_roles_and_no_right_more(server):
    told = manage(server, "worker-1", "shell", script=BEFORE)
    assert told.returncode == 0, told.stderr[-3000:]
    name = told.stdout.split()[-1]
    with as_superuser(server, "desk") as cursor:
        cursor.execute("UPDATE staff_user SET display_name = 'changed since'")
    identity = server.secrets.parent / "demo-backup-keys.txt"
    words = [
        *("restore", name, "--overwrite=desk", f"--identity={identity}"),
        *("--yes-database=desk", f"--yes-backup={name}"),
    ]

    refused = manage(server, "migrate", *words)
    assert refused.returncode == 1
    assert "The role desk may not make databases" in refused.stderr
    with line(server) as cursor:
        cursor.execute("SELECT min(display_name) FROM staff_user")
        assert cursor.fetchone() == ("changed since",)

    told = manage(server, "migrate", *words, f"--admin={url_of(server)}")
    assert told.returncode == 0, told.stderr[-3000:]
    assert "The database of before is desk_before_" in told.stdout

    told = manage(server, "worker-1", "shell", script=AFTER)
    assert told.returncode == 0, told.stderr[-3000:]
    with (
        line(server) as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("DELETE FROM audit_logentry")
    with as_superuser(server, "desk") as cursor:
        cursor.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        )
        assert cursor.fetchall() == [("desk",)]
        cursor.execute("CREATE ROLE passer_by LOGIN PASSWORD 'umbrella'")
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        psycopg2.connect(
            host="127.0.0.1", port=server.port, user="passer_by",
            password="umbrella", dbname="desk",
        )  # fmt: skip
