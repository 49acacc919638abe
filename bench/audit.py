"""Measure what sealing and the triggers cost: `python3 desk.py bench` runs `bench.audit`.

Processes save an audited row, each in a transaction of its own. Rounds alternate
between the variants, so that a machine that slows down slows all of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
django.setup()

from django.core.management import call_command  # noqa: E402  # after setup
from django.db import connection  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from servicedesk.audit.database import STAMP, TABLE  # noqa: E402
from servicedesk.audit.sealing import seal_settled  # noqa: E402
from servicedesk.audit.verifying import verify  # noqa: E402
from servicedesk.staff.models import User  # noqa: E402

PLAIN, SEALED, BARE = "without sealer", "with sealer", "without triggers"


def main(arguments: list[str] | None = None) -> int:
    """Run the rounds, print the medians, and verify what was written."""
    words = argparse.ArgumentParser(prog="bench.audit", description=__doc__)
    words.add_argument("--writers", type=int, default=4)
    words.add_argument("--seconds", type=float, default=6.0, help="of each round")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--every", type=float, default=1.0, help="seconds between seals")
    words.add_argument("--json", type=Path)
    words.add_argument("--write", type=float, help=argparse.SUPPRESS)
    words.add_argument("--seal", type=float, help=argparse.SUPPRESS)
    asked = words.parse_args(arguments)
    if asked.write:
        return write(asked.write)
    if asked.seal:
        return seal(asked.seal)
    call_command("migrate", verbosity=0)
    results: dict[str, Any] = {}
    compare((PLAIN, SEALED), asked, results)
    results["verified entries/s"] = verified()
    # Last, as its entries have no digest: the log is not whole after it.
    compare((PLAIN, BARE), asked, results)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))
    return 0


def compare(
    names: tuple[str, str], asked: argparse.Namespace, results: dict[str, Any]
) -> None:
    """Run two variants in turn, and print how many fewer saves the second makes."""
    rates: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(asked.rounds):
        # Who comes first changes, so that no variant always follows the other.
        for name in names if turn % 2 else reversed(names):
            rates[name].append(one_round(name, asked))
            print(f"{name:18} {rates[name][-1]:8.0f} saves/s", flush=True)
    first, second = (rates[name] for name in names)
    loss = 1 - statistics.median(b / a for a, b in zip(first, second, strict=True))
    middle = statistics.median(second)
    print(f"{names[1]}: {middle:.0f} saves/s in the middle, {loss:.1%} fewer\n")
    results[names[1]] = {"rates": rates, "loss": round(loss, 4)}


def verified() -> float:
    """Verify what was written; the entries in a second."""
    began = time.monotonic()
    report = verify()
    took = time.monotonic() - began
    verdict = "whole" if report.whole else " ".join(report.findings)
    print(f"{report.entries} entries, {report.seals} seals: {verdict}, {took:.1f} s\n")
    return round(report.entries / took)


def write(seconds: float) -> int:
    """Save one audited row again and again; print how often."""
    name = f"bench-{os.getpid()}"
    user, _made = User.objects.get_or_create(username=name, email=f"{name}@x.example")
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        count += 1
        user.display_name = f"{name} {count}"
        user.save(update_fields=["display_name"])
    print(count)
    return 0


def seal(every: float) -> int:
    """Seal every so many seconds until the input ends."""
    while True:
        seal_settled(now=now())
        time.sleep(every)


def one_round(name: str, asked: argparse.Namespace) -> float:
    """Return the saves in a second of one round."""
    switch("DISABLE" if name == BARE else "ENABLE ALWAYS")
    sealer = start("--seal", asked.every) if name == SEALED else None
    try:
        writers = [start("--write", asked.seconds) for _each in range(asked.writers)]
        counts = [int(each.communicate()[0]) for each in writers]
    finally:
        if sealer:
            sealer.kill()
            sealer.wait()
        switch("ENABLE ALWAYS")
    seal_settled(now=now())
    return sum(counts) / asked.seconds


def start(word: str, value: float) -> "subprocess.Popen[bytes]":
    """Start this module as a process of its own."""
    command = [sys.executable, "-m", "bench.audit", word, str(value)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def switch(how: str) -> None:
    """Switch the trigger that stamps each entry."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} {how} TRIGGER {STAMP}")


if __name__ == "__main__":
    sys.exit(main())
