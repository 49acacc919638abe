"""Sealing takes each entry once, survives crashes, and keeps its chain through it all."""

import datetime as dt
import shutil
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from servicedesk.audit import outside, partitions, sealing, tasks
from servicedesk.audit.checks import check_kept_months
from servicedesk.audit.keys import SealKeyError, as_pem, signing_key
from servicedesk.audit.models import Kind, LogEntry, Seal, SealKind, Verification
from servicedesk.audit.partitions import Month
from servicedesk.audit.retention import drop_old_months
from servicedesk.audit.verifying import verify
from tests.audit.ways import guard, run, seal_all, unguard, write
from tests.desk import PATIENCE, at_once


@pytest.fixture
def seals(committed, tmp_path, settings):
    settings.AUDIT_SEALS_DIR = tmp_path / "seals"
    return settings.AUDIT_SEALS_DIR


@pytest.mark.django_db  # one test has to say so, else no database is made
def test_the_law_asks_for_six_months(settings):
    settings.AUDIT_KEPT_MONTHS = 5
    assert [error.id for error in check_kept_months()] == ["audit.E001"]
    settings.AUDIT_KEPT_MONTHS = 6
    assert check_kept_months() == []


def test_every_entry_is_sealed_once(seals):
    write(3)
    seal_all()
    write(2)
    seal_all()
    report = verify()
    assert report.whole
    assert report.entries == LogEntry.objects.count()
    assert sum(Seal.objects.values_list("count", flat=True)) == report.entries
    assert seal_all() == 0


def test_an_entry_that_commits_late_is_neither_missed_nor_sealed_twice(seals):
    wrote, sealed = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            (entry,) = write(1)
            wrote.set()
            assert sealed.wait(PATIENCE)
        return entry.pk

    def meanwhile():
        wrote.wait(PATIENCE)
        write(2)
        sealing.seal_settled(now=timezone.now())
        sealed.set()

    late_pk, _none = at_once(late, meanwhile)
    assert seal_all() >= 1
    report = verify()
    assert report.whole
    assert report.entries == LogEntry.objects.count()
    assert LogEntry.objects.filter(pk=late_pk).exists()


def test_sealers_at_the_same_time_make_one_chain(seals):
    for _time in range(3):
        write(2)
        at_once(*[lambda: sealing.seal_settled(now=timezone.now())] * 4)
    seal_all()
    assert verify().whole
    assert len({seal.number for seal in outside.read()}) == Seal.objects.count()


def test_large_lots_are_cut_between_transactions(seals, monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 4)
    for count in (3, 3, 7, 1):
        write(count)
    seal_all()
    counts = list(Seal.objects.order_by("number").values_list("count", flat=True))
    assert max(counts) == 7
    assert verify().whole


def test_two_sealers_whose_clocks_differ_at_the_turn_of_a_month_agree(seals):
    december = dt.datetime(2030, 12, 1, tzinfo=dt.UTC)
    for moment in (december, december - dt.timedelta(seconds=1)):
        write(1)
        seal_all(now=moment)
        sealing.seal_settled(now=moment)
    assert [seal.number for seal in outside.read()] == [1, 2]
    assert verify().whole


# --- crashes between the steps ---


def test_a_seal_that_was_not_copied_is_copied_by_the_next_run(seals):
    write(1)
    seal_all()
    shutil.copytree(seals, seals.with_name("kept"))
    write(1)
    seal_all()
    shutil.rmtree(seals)
    shutil.copytree(seals.with_name("kept"), seals)
    report = verify()
    assert report.whole
    assert "lacks the newest" in report.notices[0]
    sealing.seal_settled(now=timezone.now())
    assert verify().notices == []


def test_a_line_cut_short_by_a_crash_is_mended(seals):
    write(1)
    seal_all()
    write(1)
    seal_all()
    (path,) = seals.glob("seals-*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    sealing.seal_settled(now=timezone.now())
    assert path.read_bytes() == whole


def test_a_copy_that_cannot_be_written_loses_nothing(seals):
    write(1)
    seals.parent.mkdir(exist_ok=True)
    seals.write_text("a file in the way")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        sealing.seal_settled(now=timezone.now())
    seals.unlink()
    seal_all()
    assert verify().whole


def test_without_a_key_the_task_says_so_and_the_entries_wait(seals, tmp_path, caplog):
    write(1)
    with override_settings(AUDIT_SEAL_KEYS_DIR=tmp_path / "none"):
        assert tasks.seal() == 0
        with pytest.raises(SealKeyError):
            signing_key()
    assert "not being sealed" in caplog.text
    assert seal_all() >= 1


# --- a database that was set back, or moved ---


def test_after_a_rollback_nothing_is_sealed_until_somebody_accepts_it(seals, caplog):
    write(1)
    seal_all()
    write(1)
    seal_all()
    with transaction.atomic():
        unguard()
        newest = Seal.objects.latest("number")
        run("DELETE FROM audit_logentry WHERE id >= %s", newest.first_id)
        run("DELETE FROM audit_seal WHERE number = %s", newest.number)
        guard()
    write(1)
    assert tasks.seal() == 0
    assert "it was set back" in caplog.text
    with pytest.raises(CommandError, match="set back"):
        call_command("verify_audit", stdout=StringIO())
    call_command("seal_audit", accept_rollback=True, stdout=StringIO())
    seal_all()
    assert verify().whole
    assert list(seals.glob("*.before-*"))
    assert LogEntry.objects.filter(object_repr="rollback accepted").count() == 1


def test_a_database_restored_elsewhere_goes_on_with_its_chain(seals):
    write(3)
    seal_all(cluster="the old one")
    write(2)  # not sealed when the backup was made
    seal_all()
    write(2)
    seal_all()
    kinds = set(Seal.objects.values_list("era", "kind"))
    assert {(0, "entries"), (1, "moved"), (1, "entries")} == kinds
    report = verify()
    assert report.whole
    assert report.entries == LogEntry.objects.count()
    # Transactions are numbered anew there: an old number must not be in the way.
    with transaction.atomic():
        unguard()
        run("UPDATE audit_logentry SET object_repr = 'x' WHERE id = %s", first_id())
        guard()
        assert f"Entry {first_id()} of" in verify().findings[0]
        transaction.set_rollback(True)


def first_id():
    return LogEntry.objects.order_by("pk").values_list("pk", flat=True).first()


# --- retention ---


def test_old_months_are_dropped_under_a_seal(seals, settings):
    settings.AUDIT_KEPT_MONTHS = 12
    now = timezone.now()
    old = now - dt.timedelta(days=500)
    kept = now - dt.timedelta(days=300)
    write(3, timestamp=old)
    write(2, timestamp=kept)
    partitions.ensure(now=now)
    assert drop_old_months(now=now) == []  # nothing is dropped that is not sealed
    seal_all()
    assert drop_old_months(now=now) == [Month.of(old)]

    assert not LogEntry.objects.filter(timestamp=old).exists()
    assert LogEntry.objects.filter(timestamp=kept).count() == 2
    report = verify()
    assert (report.findings, report.dropped) == ([], 3)
    assert Seal.objects.latest("number").kind == SealKind.DROPPED
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert "3 entries are kept by seal only" in said.getvalue()
    assert drop_old_months(now=now) == []
    write(1)
    seal_all()
    assert verify().whole


def test_a_month_that_is_dropped_without_a_seal_is_missed(seals):
    old = timezone.now() - dt.timedelta(days=900)
    entry = write(1, timestamp=old)[0]
    partitions.ensure(now=timezone.now())
    seal_all()
    with transaction.atomic():
        partitions.drop(Month.of(old))
        assert f"Entry {entry.pk} of" in verify().findings[0]
        transaction.set_rollback(True)


def test_the_task_keeps_the_months(seals):
    assert tasks.keep_months() >= 0
    assert Month.of(timezone.now()).plus(3) in partitions.existing()


# --- the commands, and the nightly look ---


def test_commands_say_what_they_found(seals, tmp_path):
    write(2)
    call_command("seal_audit", stdout=StringIO())
    seal_all()
    pem, said = StringIO(), StringIO()
    call_command("audit_key", stdout=pem)
    assert pem.getvalue() == as_pem(signing_key()[1].public_key())
    key = tmp_path / "seal.pem"
    key.write_text(pem.getvalue())
    call_command("verify_audit", public_key=[key], stdout=said)
    assert "The audit log is whole." in said.getvalue()
    with transaction.atomic():
        unguard()
        run("UPDATE audit_logentry SET action = 5 WHERE id = %s", first_id())
        guard()
        with pytest.raises(CommandError, match=f"Entry {first_id()} of .* was changed"):
            call_command("verify_audit", stdout=StringIO())
        transaction.set_rollback(True)


def test_the_nightly_look_is_kept_and_not_repeated(seals):
    Verification.objects.all().delete()
    write(1)
    seal_all()
    assert tasks.verify_nightly()
    assert not tasks.verify_nightly()
    verdict = Verification.objects.get()
    assert (verdict.whole, verdict.finding) == (True, "")
    assert verdict.entries == LogEntry.objects.filter(action__gte=Kind.CREATE).count()
    Verification.objects.all().delete()
    connection.close()
