"""Measure rotation and re-index beside four clients that read and edit customers.

`python3 desk.py bench keys [--customers N]`: a desk of its own with a copy of the keys,
because it makes new ones and takes them into use.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, connections
from django.utils.timezone import now

from bench import databases

RUN = "--in-process"
CLIENTS = 4
ALONE_SECONDS = 8.0
PAUSE = 0.01


def main() -> int:
    """Make a desk and run the measurement in it; or be that run."""
    words = argparse.ArgumentParser(prog="desk.py bench keys", description=__doc__)
    words.add_argument("--customers", type=int, default=200_000)
    words.add_argument("--tickets", type=int, default=20_000)
    words.add_argument(RUN, action="store_true")
    asked = words.parse_args()
    if asked.in_process:
        measure()
        return 0
    address = databases.ready(asked.tickets, asked.customers, "bench_keys")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "keys"
        shutil.copytree(settings.FIELD_KEYS_DIR, folder)
        given = databases.environment(address) | {"FIELD_KEYS_DIR": str(folder)}
        command = [sys.executable, "-m", "bench.keys", RUN]
        return subprocess.run(command, env=given, check=False).returncode


def measure() -> None:
    """Rotate and re-index under load, and print what it took."""
    django.setup()
    from customers.models import ContactPoint, Customer  # noqa: PLC0415
    from servicedesk.core.actions.keys import (  # noqa: PLC0415
        carry_on,
        count_values,
        start_run,
    )
    from servicedesk.core.encryption import keyfiles  # noqa: PLC0415
    from servicedesk.core.models import KeyWork  # noqa: PLC0415

    keyfiles.NOTICED_SECONDS = 0.0
    print(
        f"{Customer.objects.count():,} customers, {ContactPoint.objects.count():,} contacts"
    )
    sample = list(Customer.objects.order_by("?").values_list("pk", flat=True)[:2000])
    show("nobody rotates", *beside(sample, lambda: time.sleep(ALONE_SECONDS)))
    for kind, work in (("field", KeyWork.ROTATE), ("index", KeyWork.REINDEX)):
        keyfiles.use(kind, keyfiles.make(kind))
        run, took, used = None, 0.0, 0.0

        def go(work: Any = work) -> None:
            nonlocal run, took, used
            began, worked = time.perf_counter(), time.process_time()
            run = start_run(work=work, by=None, now=now())
            while run.finished_at is None:
                run = carry_on(run=run, now=now())
            took = time.perf_counter() - began
            used = time.process_time() - worked

        show(f"{work.value} alongside", *beside(sample, go))
        told(run, took, used)
    counted = count_values(now=now())
    print(f"count: {counted.seconds} s, {counted.fields} {counted.indexes}")


def told(run: Any, took: float, used: float) -> None:
    """Print how fast the run was and what it left."""
    assert run is not None
    result = run.result or {}
    print(
        f"  {run.done:,} values in {took:.1f} s = {run.done / took:,.0f}/s "
        f"({used / run.done * 1e6:.0f} µs of processor each, beside the database), "
        f"{result['passes']} passes, {result['left']} left, "
        f"{result['unreadable']} in trouble"
    )


def beside(sample: list[Any], what: Any) -> tuple[list[float], int, float]:
    """Do `what` beside the clients; return their milliseconds, errors and seconds."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    stop, answers = context.Event(), context.Queue()
    people = [
        context.Process(target=client, args=(sample[n::CLIENTS], stop, answers))
        for n in range(CLIENTS)
    ]
    for one in people:
        one.start()
    began = time.perf_counter()
    what()
    took = time.perf_counter() - began
    stop.set()
    found = [answers.get() for _one in people]
    for one in people:
        one.join()
    return (
        [ms for times, _bad in found for ms in times],
        sum(b for _t, b in found),
        took,
    )


def client(pks: list[Any], stop: Event, answers: Any) -> None:
    """Read customers with their contacts, and edit every fourth; check own edits."""
    random.seed(os.getpid())
    from customers.models import Customer  # noqa: PLC0415
    from servicedesk.core.encryption.errors import Unreadable  # noqa: PLC0415
    from servicedesk.core.encryption.keys import keyring  # noqa: PLC0415

    written: dict[Any, str] = {}
    times, bad, turn = [], 0, 0
    keyring()
    while not stop.is_set():
        turn += 1
        began = time.perf_counter()
        row = Customer.objects.get(pk=random.choice(pks))
        point = row.contact_points.first()
        shown = row.name, point.value if point else ""
        wrong = row.pk in written and row.name != written[row.pk]
        bad += wrong or any(isinstance(one, Unreadable) for one in shown)
        if turn % 4 == 0:
            row.name = written[row.pk] = f"陈静{turn}"
            row.save(update_fields=["name", "name_index"])
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    answers.put((times, bad))
    connection.close()


def show(title: str, times: list[float], bad: int, took: float) -> None:
    """Print how the clients fared."""
    times.sort()
    print(
        f"{title:20} clients: {len(times) / took:6.0f}/s  p50 {statistics.median(times):5.1f} ms"
        f"  p95 {times[int(len(times) * 0.95)]:5.1f}  p99 {times[int(len(times) * 0.99)]:5.1f}"
        f"  max {times[-1]:6.1f}  errors {bad}"
    )


if __name__ == "__main__":
    sys.exit(main())
