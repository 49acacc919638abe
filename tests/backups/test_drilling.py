"""Drills by plan, by hand and by command; who hears of them; what the machine refuses."""

import datetime as dt
import io
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from servicedesk.backups import errors, scratch
from servicedesk.backups.actions.drilling import (
    ask_drill_by_plan,
    ask_for_drill,
    drill_slot,
    find_lost_drills,
    run_drill,
    take_drill,
)
from servicedesk.backups.databases import Database, live
from servicedesk.backups.drill.words import SENTENCES, sentence, severity
from servicedesk.backups.errors import BackupError
from servicedesk.backups.models import (
    BackupPlan,
    BackupState,
    Drill,
    DrillState,
)
from servicedesk.backups.plan import current_plan
from servicedesk.backups.scratch import drop_scratch, refuse_live
from servicedesk.backups.storages import storage_for
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.backups.drills import drill, good, save_keys, scratch_databases
from tests.backups.planting import server
from tests.backups.server import s3_server
from tests.backups.ways import back_up
from tests.factories import NOW, TicketFactory, UserFactory

# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = pytest.mark.xdist_group("drill")

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUNDAY = dt.datetime(2026, 3, 8, 4, 30, tzinfo=SHANGHAI)
MINUTE = dt.timedelta(minutes=1)


def work(now=NOW, identity=""):
    """Be the worker for drills."""
    holder = uuid.uuid4()
    taken = take_drill(holder=holder, now=now)
    if taken is not None:
        run_drill(drill=taken, holder=holder, clock=lambda: now, identity=identity)
    return taken


# --- when ---


def test_the_plan_asks_for_one_each_week(desk, places):
    plan = current_plan(now=SUNDAY - dt.timedelta(days=3))
    assert (plan.drill_weekday, plan.drill_at) == (6, dt.time(4, 30))
    good(SUNDAY - dt.timedelta(hours=2))
    assert ask_drill_by_plan(now=SUNDAY - MINUTE) is None, "not before its time"
    asked = ask_drill_by_plan(now=SUNDAY + MINUTE)
    assert asked.due_at == SUNDAY
    assert ask_drill_by_plan(now=SUNDAY + 2 * MINUTE) is None, "one is under way"
    work(SUNDAY + 3 * MINUTE)
    assert ask_drill_by_plan(now=SUNDAY + dt.timedelta(days=2)) is None, "once a week"
    week = SUNDAY + dt.timedelta(days=7)
    assert ask_drill_by_plan(now=week).due_at == week


@pytest.mark.parametrize("day", range(7))
def test_the_slot_is_the_last_one_whatever_the_day(desk, day):
    plan = BackupPlan(drill_weekday=day, drill_at=dt.time(4, 30), since=NOW)
    for hours in range(0, 24 * 7, 5):
        now = SUNDAY + dt.timedelta(hours=hours)
        slot = drill_slot(plan, now).astimezone(SHANGHAI)
        assert slot <= now < slot + dt.timedelta(days=7)
        assert (slot.weekday(), slot.time()) == (day, dt.time(4, 30))


def test_without_a_backup_there_is_nothing_to_drill(desk):
    current_plan(now=SUNDAY - dt.timedelta(days=3))
    assert ask_drill_by_plan(now=SUNDAY + MINUTE) is None
    with pytest.raises(RuleError, match="no good backup yet"):
        ask_for_drill(by=None, now=NOW)


def test_one_at_a_time_and_only_of_what_is_there(desk):
    backup = good()
    gone = good(NOW + MINUTE, state=BackupState.REMOVED, name="20260304T030000Z-2")
    with pytest.raises(RuleError, match="not there"):
        ask_for_drill(by=None, now=NOW, backup=gone)
    ask_for_drill(by=None, now=NOW, backup=backup)
    with pytest.raises(RuleError, match="under way already"):
        ask_for_drill(by=None, now=NOW)


# --- how it ends ---


def test_a_machine_without_a_private_key_says_so_and_people_hear(desk, places):
    admin = UserFactory(role="administrator", is_staff=True)
    UserFactory(role="agent", team="call-centre")
    good()
    ask_for_drill(by=admin, now=NOW)
    work()
    drill = Drill.objects.get()
    assert (drill.state, drill.error, drill.verdict) == ("failed", "no_identity", "")
    [told] = Notification.objects.filter(kind="backups.drill_failed")
    assert (told.user, told.ref) == (admin, str(drill.pk))


def test_a_worker_that_died_is_noticed_and_the_next_drill_is_made(desk):
    good()
    ask_for_drill(by=None, now=NOW)
    take_drill(holder=uuid.uuid4(), now=NOW)
    assert find_lost_drills(now=NOW + dt.timedelta(seconds=80)) == 0
    assert find_lost_drills(now=NOW + dt.timedelta(seconds=100)) == 1
    drill = Drill.objects.get()
    assert (drill.state, drill.error) == (DrillState.FAILED, errors.LOST)
    ask_for_drill(by=None, now=NOW)


def test_what_the_dead_worker_says_later_is_not_heard(desk, places):
    good()
    ask_for_drill(by=None, now=NOW)
    holder = uuid.uuid4()
    taken = take_drill(holder=holder, now=NOW)
    find_lost_drills(now=NOW + dt.timedelta(seconds=100))
    run_drill(drill=taken, holder=holder, clock=lambda: NOW)
    assert Drill.objects.get().error == errors.LOST


@pytest.mark.slow
def test_a_real_drill_by_command_and_its_page(real, keyholders, anna, client, tmp_path):
    TicketFactory(name="张伟", contact="zhang.wei@example.com")
    made = back_up()
    save_keys()  # later than the backup, and yet they are saved
    (tmp_path / "anna.txt").write_text(f"# Anna\n{keyholders['Anna']}\n")
    out = io.StringIO()
    call_command("drill", f"--identity={tmp_path / 'anna.txt'}", stdout=out)
    said = out.getvalue()
    assert f"Drill {Drill.objects.get().pk} of {made.name}" in said
    assert "Measured recovery time" in said
    assert "Would it have saved the company? Yes. All of it came back" in said
    drill = Drill.objects.get()
    assert (drill.state, drill.verdict) == (DrillState.PROVEN, "proven")
    assert drill.report["recovery_seconds"] == round(sum(drill.seconds.values()), 2)
    assert drill.report["numbers"]["values_opened"] > 0
    assert "zhang" not in str(drill.report)
    assert not Notification.objects.filter(kind="backups.drill_failed").exists()

    client.force_login(anna)
    one = client.get(f"/system/backups/{made.pk}/").content.decode()
    assert f"/system/backups/drills/start/?backup={made.pk}" in one
    asked = client.get(f"/system/backups/drills/start/?backup={made.pk}")
    assert made.name in asked.content.decode()
    page = client.get(f"/system/backups/drills/{drill.pk}/").content.decode()
    assert "Would this backup have saved the company?" in page
    assert "All of it came back as it was" in page
    assert "Counting and comparing every table" in page
    assert (
        f"/system/backups/drills/{drill.pk}/"
        in client.get("/system/backups/").content.decode()
    )


# --- what the machine refuses ---


def test_the_live_database_is_never_a_scratch_one(desk):
    with pytest.raises(BackupError) as refused:
        refuse_live(live())
    assert refused.value.code == errors.LIVE
    with pytest.raises(ValueError, match="Not a scratch database"):
        drop_scratch(live(), live().name)


def test_not_even_under_the_name_of_a_scratch_one(desk, monkeypatch):
    """Somebody's live database is called so: it is known by its cluster and name."""
    name = "servicedesk_drill_20260304t020000_00000000"
    server(f"CREATE DATABASE {name}")
    try:
        refuse_live(live().beside(name))
        monkeypatch.setattr(
            scratch, "live", lambda: Database(live().facts | {"dbname": name})
        )
        with pytest.raises(BackupError) as refused:
            refuse_live(live().beside(name))
        assert refused.value.code == errors.LIVE
    finally:
        server(f"DROP DATABASE {name}")


def test_a_scratch_database_of_a_dead_drill_is_swept_and_a_living_one_is_not(desk):
    dead = "servicedesk_drill_20260304t020000_0000dead"
    server(f"CREATE DATABASE {dead}")
    with scratch.scratch(now=NOW) as alive:
        assert scratch.sweep() == [dead]
        assert scratch_databases() == [alive.name]
        out = io.StringIO()
        call_command("drill", "--sweep", stdout=out)
        assert "0 dropped" in out.getvalue()
    assert scratch_databases() == []


def test_a_role_that_may_make_no_database_is_told_from_a_bad_backup(desk, settings):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    settings.DRILL_DATABASE_URL = "postgres://nobody:wrong@127.0.0.1:1/postgres"
    with pytest.raises(BackupError) as refused, scratch.scratch(now=NOW):
        pass
    assert refused.value.code == errors.DATABASE
    settings.DRILL_DATABASE_URL = "a server"
    with pytest.raises(BackupError) as refused, scratch.scratch(now=NOW):
        pass
    assert refused.value.code == errors.SETTINGS


def test_the_command_names_what_it_does_not_know(desk):
    with pytest.raises(CommandError, match="No backup is called x"):
        call_command("drill", "x")


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_verdict_has_a_sentence_and_a_weight(code):
    said = sentence(code, {})
    assert len(said) > 1 or "–" in said
    assert "%(" not in said
    assert severity(code)


def test_a_code_that_nobody_knows_counts_as_no():
    with translation.override("en"):
        assert sentence("customers.new_check", {}) == "Found: customers.new_check"
    assert severity("customers.new_check") == "no"


# --- from S3 ---


@pytest.mark.slow
def test_a_drill_of_a_backup_in_s3(real, keyholders, settings):
    with s3_server() as address:
        settings.BACKUP_S3_ENDPOINT = address
        settings.BACKUP_S3_REGION = "us-east-1"
        settings.BACKUP_S3_BUCKET = "backups"
        settings.BACKUP_S3_ACCESS_KEY = settings.BACKUP_S3_SECRET_KEY = "testing"
        storage = storage_for("s3")
        storage._client.create_bucket(Bucket="backups")
        save_keys()
        made = back_up(destination="s3")
        assert drill(made, keyholders["Bo"]).proven
        storage.remove(f"{made.name}/files.tar.age")
        found = drill(made, keyholders["Bo"])
        assert (found.verdict, found.saved) == ("part_missing", "no")
        address.process.kill()
        assert drill(made, keyholders["Bo"]).error == errors.STORAGE
