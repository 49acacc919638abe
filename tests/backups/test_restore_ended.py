"""A restore that is told to end, or is killed; and what people do until the last moment."""

import os
import signal
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connections

from customers import tasks
from customers.actions.erase import approve_erasure, propose_erasure
from servicedesk.audit.sealing import seal_settled
from servicedesk.audit.verifying import verify
from servicedesk.backups.restore import run
from tests.backups.restoring import OLD, made, restore, target
from tests.backups.ways import back_up
from tests.customers.persons import asked_by, person_with_everything
from tests.factories import NOW, UserFactory
from tickets.models import Ticket

assert made
assert target  # fixtures
# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


@pytest.fixture
def old(target):
    target.create(*OLD)
    target.media.mkdir(parents=True)
    (target.media / "old.bin").write_text("of before")
    return target


def end_at(monkeypatch, name, number):
    """Send this process a signal when the restore comes to a step, and let it go on."""
    step = getattr(run, name)

    def told(*given, **other):
        os.kill(os.getpid(), number)
        return step(*given, **other)

    monkeypatch.setattr(run, name, told)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_before_the_swap_it_leaves_everything_as_it_was(
    made, old, monkeypatch, number
):
    before = signal.getsignal(number)
    end_at(monkeypatch, "load_files", number)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        restore(made, old, f"--overwrite={old.name}")
    assert old.all() == [old.name]
    assert old.ask("SELECT count(*) FROM old_life") == 2
    assert (old.media / "old.bin").read_text() == "of before"
    assert [path.name for path in old.media.parent.iterdir()] == ["media"]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_between_the_two_renames_it_goes_on(made, old, monkeypatch, number):
    end_at(monkeypatch, "swap_folder", number)
    said = restore(made, old, f"--overwrite={old.name}")
    assert "It was too late to end" in said
    assert "What to do now" in said
    assert old.ask("SELECT subject FROM tickets_ticket") == "The kettle"
    assert (old.media / "2026/a.bin").read_text() == "sealed attachment"


def test_killed_between_the_two_renames_it_is_not_taken_for_finished(
    made, old, monkeypatch
):
    connections.close_all()
    child = os.fork()
    if not child:
        end_at(monkeypatch, "swap_folder", signal.SIGKILL)
        try:
            restore(made, old, f"--overwrite={old.name}")
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert old.ask("SELECT subject FROM tickets_ticket") == "The kettle"
    assert (old.media / "old.bin").read_text() == "of before"

    words = [f"--overwrite={old.name}", "--finish"]
    with pytest.raises(CommandError, match="Let nobody work yet") as stopped:
        restore(made, old, *words)
    moves = [line.split() for line in str(stopped.value).splitlines() if " mv " in line]
    assert len(moves) == 2
    for _mv, this, there in moves:
        Path(this).rename(there)
    assert "What to do now" in restore(made, old, *words)
    assert (old.media / "2026/a.bin").read_text() == "sealed attachment"
    [before] = old.media.parent.glob("media.before-*")
    assert (before / "old.bin").read_text() == "of before"


def test_who_is_erased_while_it_is_put_back_is_erased_afterwards_too(
    made, target, monkeypatch
):
    wang = UserFactory(display_name="Wang Wei", team="call-centre")
    ding, guo = (UserFactory(role="data_protection_officer") for _ in range(2))
    person = person_with_everything(wang)
    Ticket.objects.update(status="closed", closed_at=NOW, solution="sent anew")
    latest = back_up()
    swap = run.swap

    def erased(*given, **other):
        asked = asked_by(person, "delete", by=ding)
        propose_erasure(asked=asked, by=ding, now=NOW)
        approve_erasure(asked=asked, by=guo, now=NOW)
        tasks.copy_erasures()
        swap(*given, **other)

    monkeypatch.setattr(run, "swap", erased)
    said = restore(latest, target)
    assert "customers.erasures: lines 0, erased 0" in said
    [since] = [line for line in said.splitlines() if "customers.erased_since" in line]
    assert ", erased 1," in since
    named = "SELECT count(*) FROM customers_customer WHERE erased_at IS NULL AND id = "
    assert target.ask(f"{named}'{person.pk}'") == 0


def test_attachments_behind_a_link_are_exchanged_on_their_own_disk(made, target):
    disk = target.home / "disk" / "attachments"
    disk.mkdir(parents=True)
    target.media.parent.mkdir(parents=True)
    target.media.symlink_to(disk)
    address = target.home / "address"
    address.write_text(f"{target.database.url}\n")
    restore(made, target, f"--into=@{address}")
    assert target.media.readlink() == disk
    assert (disk / "2026/a.bin").read_text() == "sealed attachment"


# --- practice, beside a desk that is at work ---


@pytest.mark.parametrize("forgotten", ["--media=", "--seals="])
def test_practice_takes_no_folder_of_the_desk(made, target, forgotten):
    with pytest.raises(CommandError, match=f"Name folders for them: {forgotten[:-1]}"):
        restore(made, target, forgotten)
    assert target.all() == []


def test_practice_leaves_the_desk_its_copy_of_the_seals(made, target, real):
    UserFactory(display_name="Li Na")
    seal_settled(now=NOW)
    copies = {path.name: path.read_bytes() for path in (real / "seals").iterdir()}
    mine = target.home / "practice"
    restore(made, target, f"--seals={mine}")
    assert {p.name: p.read_bytes() for p in (real / "seals").iterdir()} == copies
    assert list(mine.glob("seals-*.jsonl"))
    assert verify().findings == []
