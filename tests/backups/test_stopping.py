"""A drill is stopped, waiting or in the middle: what it had put back is gone; how far it is."""

import io
import time
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from servicedesk.backups import errors, pulse
from servicedesk.backups.actions.drilling import ask_for_drill, run_drill, take_drill
from servicedesk.backups.actions.runs import stop
from servicedesk.backups.models import Backup, Drill, DrillState
from servicedesk.backups.pulse import Pulse
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.backups.drills import LIST, good, scratch_databases
from tests.backups.whole import two
from tests.factories import NOW, UserFactory

assert two  # a fixture
# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = pytest.mark.xdist_group("drill")
SORRY = "Somebody stopped this drill, so it says nothing about the backup."


# --- one that waits ---


def test_one_that_waits_is_asked_about_and_then_stopped_at_once(client, anna):
    client.force_login(anna)
    good()
    waits = ask_for_drill(by=anna, now=NOW)
    page = f"{LIST}{waits.pk}/"
    assert f'href="{page}cancel/"' in client.get(page).content.decode()
    question = client.get(f"{page}cancel/").content.decode()
    assert "Stop this drill?" in question
    assert "The scratch database is removed" in question
    assert Drill.objects.get().state == DrillState.DUE, "asking stops nothing"

    answer = client.post(f"{page}cancel/", follow=True).content.decode()
    assert SORRY in answer
    assert "Stop the drill" not in answer
    assert SORRY in client.get(LIST).content.decode()
    assert not Notification.objects.filter(kind="backups.drill_failed").exists()
    again = client.post(f"{page}cancel/", follow=True).content.decode()
    assert "This drill is over already" in again
    assert ask_for_drill(by=anna, now=NOW).state == DrillState.DUE, "the next may come"


@pytest.mark.parametrize(
    ("role", "status"),
    [("administrator", 200), ("data_protection_officer", 403), ("agent", 404)],
)
def test_who_may_stop_one(client, desk, role, status):
    good()
    address = f"{LIST}{ask_for_drill(by=None, now=NOW).pk}/cancel/"
    assert client.get(address).status_code == 302, "nobody is asked to sign in"
    client.force_login(UserFactory(role=role, team="call-centre"))
    assert client.get(address).status_code == status
    client.post(address)
    assert Drill.objects.unfinished().exists() is (status != 200)


def test_by_command(desk):
    with pytest.raises(CommandError, match="No drill waits or runs"):
        call_command("drill", "--stop")
    good()
    waits = ask_for_drill(by=None, now=NOW)
    out = io.StringIO()
    call_command("drill", "--stop", stdout=out)
    assert f"Drill {waits.pk} is stopped." in out.getvalue()
    with pytest.raises(RuleError, match="over already"):
        stop(run=waits, by=None, now=NOW)


# --- one in the middle ---


@pytest.fixture
def held(two, settings, tmp_path):
    """A drill that a worker has taken, of a whole backup; the worker has Anna's key."""
    (tmp_path / "anna.txt").write_text(two[0].identity)
    settings.BACKUP_IDENTITY_FILE = str(tmp_path / "anna.txt")
    ask_for_drill(by=None, now=NOW, backup=Backup.objects.get(name=two[0].name))
    with translation.override("en"):
        yield take_drill(holder=uuid.uuid4(), now=NOW)
    Drill.objects.all().delete()


def run(drill):
    run_drill(drill=drill, holder=drill.holder, clock=lambda: NOW)
    return Drill.objects.get(pk=drill.pk)


def in_the_middle(monkeypatch, step, act):
    """Do something once, when a step of the drill is under way."""
    saw, when_stopped, done = Pulse.saw, Pulse.when_stopped, []

    def once(own):
        if own._said["step"] == step and not done:
            done.append(step)
            act(own)

    def counted(self, size):
        once(self)
        saw(self, size)

    def begun(self, call):
        when_stopped(self, call)
        if step == "inspect":  # it counts nothing; its process has just begun
            once(self)

    monkeypatch.setattr(Pulse, "saw", counted)
    monkeypatch.setattr(Pulse, "when_stopped", begun)
    return done


def stop_and_wait(own):
    """Stop the drill as a person does, and wait until its pulse has heard of it."""
    with translation.override("en"):
        call_command("drill", "--stop", stdout=io.StringIO())
    deadline = time.monotonic() + 20
    while not own.reason:
        assert time.monotonic() < deadline, "it does not hear"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["look", "database", "compare", "files", "inspect"])
def test_in_the_middle_of_each_step_it_ends_and_leaves_nothing(held, monkeypatch, step):
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    reached = in_the_middle(monkeypatch, step, stop_and_wait)
    ended = run(held)
    assert reached == [step]
    assert (ended.state, ended.error) == (DrillState.FAILED, errors.CANCELLED)
    assert step in ended.seconds
    assert "inspect" not in ended.seconds or step == "inspect", "it went no further"
    assert scratch_databases() == []
    assert not Notification.objects.filter(kind="backups.drill_failed").exists()


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_leaves_it_to_the_next_one(held, monkeypatch):
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    holder = held.holder
    run_drill(drill=held, holder=holder, clock=lambda: NOW, ending=lambda: True)
    waits = Drill.objects.get(pk=held.pk)
    assert (waits.state, waits.error, waits.holder) == (DrillState.DUE, "", None)
    assert scratch_databases() == []
    assert not Notification.objects.filter(kind="backups.drill_failed").exists()
    assert run(take_drill(holder=uuid.uuid4(), now=NOW)).error == ""


@pytest.mark.slow
def test_while_it_hears_of_it_the_page_says_stopping(held, monkeypatch):
    admin = UserFactory(role="administrator")
    browser, seen = Client(), []
    browser.force_login(admin)

    def look(_own):
        address = f"{LIST}{held.pk}/"
        seen.append(browser.get(address).content.decode())
        said = browser.post(f"{address}cancel/", follow=True).content.decode()
        seen.append(said)

    in_the_middle(monkeypatch, "compare", look)
    run(held)
    running, stopping = seen
    assert "Stop the drill" in running
    assert "It will stop in a moment." in stopping
    assert "Stopping …" in stopping
    assert "Stop the drill" not in stopping


# --- how far it is ---


@pytest.mark.slow
def test_of_each_long_step_it_is_known_how_much_is_done(held, two, monkeypatch):
    began, counted = Pulse.begin, {}

    def begin(self, step, of=None):
        counted[self._said["step"]] = (self._said["done"], self._said.get("total"))
        began(self, step, of)

    monkeypatch.setattr(Pulse, "begin", begin)
    assert run(held).error == ""
    folder = two[0].folder / two[0].name
    size = {path.name: path.stat().st_size for path in folder.iterdir()}
    database, files = size["database.dump.age"], size["files.tar.age"]
    tables = len(Backup.objects.get(name=two[0].name).manifest["tables"])
    assert counted["look"] == (database + files, database + files)
    assert counted["database"] == (database, database)
    assert counted["compare"] == (tables, tables)
    assert counted["files"] == (files, files)


@pytest.mark.parametrize(
    ("step", "done", "total", "words"),
    [
        ("database", 3 * 2**20, 12 * 2**20, "3.0\xa0MB of 12.0\xa0MB"),
        ("compare", 40, 93, "40 of 93 tables"),
        ("inspect", 0, None, "Values, audit log, attachments"),
    ],
)
def test_the_page_of_one_that_runs_says_how_far_it_is(
    client, anna, step, done, total, words
):
    client.force_login(anna)
    drill = Drill.objects.create(
        backup=good(),
        state=DrillState.RUNNING,
        asked_at=NOW,
        due_at=NOW,
        started_at=NOW,
        beat_at=NOW,
        holder=uuid.uuid4(),
        step=step,
        done=done,
        total=total,
    )
    page = client.get(f"{LIST}{drill.pk}/").content.decode()
    assert words in page
    bar = page[page.index("<progress") : page.index("</progress>")]
    assert ("value=" in bar) is (total is not None)
