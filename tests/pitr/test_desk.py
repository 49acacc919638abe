"""The desk itself after a recovery: erasures are repeated, and the seals notice."""

import os
import subprocess
import sys
import urllib.parse

import pytest

from tests.production.compose import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("pitr"),
]
MORNING = """
from tests.customers.persons import person_with_everything
from tests.factories import NOW, UserFactory, ensure_defaults
from tickets.models import Letter, Ticket

ensure_defaults()
wang = UserFactory(display_name="Wang Fang", team="call-centre")
UserFactory(display_name="Ding Yan", role="data_protection_officer")
UserFactory(display_name="Guo Tao", role="data_protection_officer")
zhang = person_with_everything(wang)
Letter.objects.all().delete()
Letter.objects.create(
    ticket=Ticket.objects.get(),
    kind="received",
    contact=zhang.contact_points.first(),
    due_at=NOW,
)
"""
NOON = """
from customers import tasks
from customers.actions.erase import approve_erasure, propose_erasure
from customers.models import Customer
from servicedesk.staff.models import User
from tests.customers.persons import asked_by
from tests.factories import NOW, TicketFactory

zhang = Customer.objects.get()
ding, guo = (User.objects.get(display_name=name) for name in ("Ding Yan", "Guo Tao"))
asked = asked_by(zhang, "delete", by=ding)
propose_erasure(asked=asked, by=ding, now=NOW)
approve_erasure(asked=asked, by=guo, now=NOW)
tasks.copy_erasures()
TicketFactory(name="Li", contact="li@example.com")
"""
SWEEP = """
from tickets.models import Letter
from tickets.tasks import sweep_letters

sweep_letters()
letter = Letter.objects.get()
print(letter.state, letter.sent_at)
"""
NAMED = "SELECT count(*) FROM customers_customer WHERE erased_at IS NULL"


@pytest.fixture
def manage(ground, tmp_path):
    """Run commands of the desk on this cluster; keys and copies lie apart from it."""
    made = subprocess.run(
        [sys.executable, "deploy/make_secrets.py", tmp_path / "made", "--keep-owner"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0
    socket = urllib.parse.quote(str(ground.socket), safe="")
    environment = os.environ | {
        "DATABASE_URL": f"postgres://postgres@{socket}/desk",
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings.test",
        "FIELD_KEYS_DIR": str(tmp_path / "made/keys"),
        "AUDIT_SEALS_DIR": str(tmp_path / "outside"),
    }

    def run(*words, script=None, code=0):
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr[-2000:]
        return done.stdout + done.stderr

    return run


def test_a_desk_set_back_erases_again_and_does_not_hide_that_it_was(ground, manage):
    manage("migrate", "--verbosity", "0")
    manage("shell", script=MORNING)
    manage("seal_audit")
    before = ground.now()
    manage("shell", script=NOON)
    manage("seal_audit")
    ground.must("pitr.sh", "check")

    folder = ground.new_folder("noon")
    ground.must("recover.sh", "to", before, folder)
    ground.must("recover.sh", "take", folder)
    ground.stop()
    ground.configure(pg1_path=folder)
    ground.start(folder)
    assert ground.query(NAMED) == 1, "Zhang is back, and Li not there yet"

    ground.must(
        *(ground.programs / "psql", "-Xq", "-h", ground.socket, "-U", "postgres"),
        *("-d", "desk", "-f", ground.path / "hold-letters.sql"),
    )
    assert "unsure None" in manage("shell", script=SWEEP)
    assert "it was set back" in manage("seal_audit", code=1)
    assert "1 people erased again" in manage("replay_erasures")
    assert ground.query(NAMED) == 0
    assert "Kept: " in manage("seal_audit", "--accept-rollback")
    manage("verify_audit")
    assert "ok: the journal arrives" in ground.must("pitr.sh", "check")
