"""Make, use, follow, retire and back up keys; docs/recipes/rotate-keys.md, lost-keys.md."""

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime, now

from servicedesk.core.actions.keys import (
    ROWS,
    carry_on,
    count_values,
    retire_key,
    start_run,
)
from servicedesk.core.encryption import keyfiles
from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keyfiles import KINDS, KeyFileError
from servicedesk.core.encryption.keys import PRIMARY
from servicedesk.core.encryption.status import KeyLine, key_status
from servicedesk.core.management.key_backups import ACTS, add_words
from servicedesk.core.models import KeyBackup, KeyRun, KeyWork

WORK = {"rotate": KeyWork.ROTATE, "reindex": KeyWork.REINDEX, "verify": KeyWork.VERIFY}
PASS_PAUSE = 1.0


class Command(BaseCommand):
    help = (
        "Keys of sealed fields: status, count, make, use, rotate, reindex, verify, "
        "retire; and their own backup: backup, open-outer, open-inner, recover, prove."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        words = parser.add_subparsers(dest="act", required=True)
        words.add_parser("status", help="what is here and what to do next")
        words.add_parser("count", help="count the values of each key, exactly")
        for name, text in (
            ("rotate", "encrypt anew what is not under the primary key"),
            ("reindex", "index anew what is not under the primary index key"),
            ("verify", "open every value once and name what cannot be read"),
        ):
            one = words.add_parser(name, help=text)
            one.add_argument("--rows", type=int, default=ROWS, help="rows a portion")
        make = words.add_parser("make", help="write a new key; nothing uses it yet")
        make.add_argument("kind", choices=KINDS)
        use = words.add_parser("use", help="write with this key from now on")
        retire = words.add_parser("retire", help="put a key away that nothing needs")
        for one in (use, retire):
            one.add_argument("kind", choices=KINDS)
            one.add_argument("version", type=int)
        retire.add_argument("--give-up-unreadable", action="store_true")
        add_words(words)

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            if act in WORK:
                self._work(WORK[act], max(1, options["rows"]))
            elif act in ACTS:
                for line in ACTS[act](now=now(), **options):
                    self.stdout.write(line)
            else:
                getattr(self, f"_{act}")(**options)
        except (KeyFileError, KeyMissing, OSError) as error:
            raise CommandError(str(error)) from error

    # --- looking ---

    def _status(self, **_options: object) -> None:
        status = key_status(now=now())
        if status.trouble:
            self.stdout.write(self.style.ERROR(status.trouble))
        for line in status.lines:
            self.stdout.write(_words_of(line))
        for run in status.runs:
            self.stdout.write(_progress(run))
            self._name_trouble(run)
        if status.backup:
            self.stdout.write(_backed_up(status.backup))
        if status.count:
            when = localtime(status.count.at)
            self.stdout.write(
                f"counted {when:%Y-%m-%d %H:%M} in {status.count.seconds} s"
            )
        for text in status.warnings:
            self.stdout.write(self.style.WARNING(f"! {text}"))
        for text in status.advice:
            self.stdout.write(f"> {text}")

    def _count(self, **options: object) -> None:
        count_values(now=now())
        self._status(**options)

    # --- files ---

    def _make(self, *, kind: str, **_options: object) -> None:
        version = keyfiles.make(kind)
        self.stdout.write(
            f"{kind}-{version}.key is made and not yet used. Copy it and "
            f"{PRIMARY[kind]} to every machine, and back the keys up: manage.py keys "
            f"backup; then: manage.py keys use {kind} {version}"
        )

    def _use(self, *, kind: str, version: int, **_options: object) -> None:
        keyfiles.use(kind, version)
        act = "rotate" if kind == "field" else "reindex"
        self.stdout.write(
            f"{kind}-{version}.key is written from now on. Copy {PRIMARY[kind]} "
            f"to every machine, then: manage.py keys {act}"
        )

    def _retire(
        self, *, kind: str, version: int, give_up_unreadable: bool, **_options: object
    ) -> None:
        kept = retire_key(
            kind=kind,
            version=version,
            now=now(),
            give_up_unreadable=give_up_unreadable,
        )
        self.stdout.write(
            f"Put away as {kept.name}. Do the same on every machine. Keep it as long as "
            "backups from before: they need it."
        )

    # --- the long work ---

    def _work(self, work: KeyWork, rows: int) -> None:
        run = start_run(work=work, by=None, now=now())
        if run.cursor:
            self.stdout.write(f"Going on at {run.done} of {run.total}.")
        passed, told = 1, 0.0
        try:
            while run.finished_at is None:
                run = carry_on(run=run, now=now(), limit=rows)
                at = (run.cursor or {}).get("pass", passed)
                if time.monotonic() - told > 1:
                    told = time.monotonic()
                    self.stdout.write(_progress(run))
                if at != passed and run.finished_at is None:
                    # What was passed over was in somebody's hands: give it time.
                    time.sleep(PASS_PAUSE)
                passed = at
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What is done stays; the same command goes on from here."
            ) from None
        count_values(now=now())
        self.stdout.write(_progress(run))
        self._name_trouble(run)
        if not (run.result or {}).get("complete"):
            raise CommandError("Not everything was brought over. Run it again later.")

    def _name_trouble(self, run: KeyRun) -> None:
        for where, row, why in (run.result or {}).get("named", []):
            self.stdout.write(self.style.WARNING(f"  {where} row {row}: {why}"))


def _words_of(line: KeyLine) -> str:
    file = line.file
    state = "MISSING" if file is None else "primary" if file.primary else "kept"
    shown = f"mark {file.mark}" if file else "mark ?"
    held = ", ".join(f"{name} {number}" for name, number in line.holds.items())
    return f"{line.kind}-{line.version}: {state}, {shown}, {held or 'no values'}"


def _backed_up(backup: KeyBackup) -> str:
    proved = backup.proved_at
    opened = f"opened {localtime(proved):%Y-%m-%d}" if proved else "never opened"
    return (
        f"newest backup of keys: {backup.name}, "
        f"{localtime(backup.made_at):%Y-%m-%d %H:%M}, {opened}"
    )


def _progress(run: KeyRun) -> str:
    if run.finished_at is None:
        return f"{run.work}: {run.done} of {run.total}"
    found = run.result or {}
    return (
        f"{run.work}: finished, {run.done} done, {found.get('left', 0)} left, "
        f"{found.get('unreadable', 0)} in trouble"
    )
