"""Measure an import of customers from the file to the records, and an export of all.

`python3 desk.py bench imports [--rows N]`: a new database, one worker's work in a process
of its own, whose peak memory is told.
"""

import argparse
import resource
import subprocess
import sys
import time
import uuid
from typing import Any

from bench import databases

RUN = "--in-process"


def main() -> int:
    """Make a database and run the measurement in it; or be that run."""
    words = argparse.ArgumentParser(prog="desk.py bench imports", description=__doc__)
    words.add_argument("--rows", type=int, default=200_000)
    words.add_argument(RUN, action="store_true")
    asked = words.parse_args()
    if asked.in_process:
        _measure(asked.rows)
        return 0
    address = databases.empty("bench_imports")
    command = [sys.executable, "-m", "bench.imports", RUN, "--rows", str(asked.rows)]
    return subprocess.run(
        command, env=databases.environment(address), check=False
    ).returncode


def _measure(rows: int) -> None:
    import django  # noqa: PLC0415 - the settings come from the environment of this run

    django.setup()
    from django.utils.timezone import now  # noqa: PLC0415

    from customers.actions import import_file  # noqa: PLC0415
    from customers.models import Customer, ImportBatch  # noqa: PLC0415
    from servicedesk.staff.models import Team  # noqa: PLC0415

    zhao, qian = _people()
    content = _file(rows)
    print(f"{rows:,} rows, {len(content) / 2**20:.1f} MiB")
    with _Told("taken in and sealed"):
        batch = import_file.take_in(content=content, name="c.csv", by=zhao, now=now())
    del content
    with _Told("read"):
        _work()
    batch = ImportBatch.objects.get(pk=batch.pk)
    import_file.name_columns(
        batch=batch, mapping=batch.mapping, known="fill", language="zh-hans",
        team=Team.objects.get(slug="call-centre"), basis="contract", way="form",
        by=zhao, now=now(),
    )  # fmt: skip
    with _Told("checked"):
        _work()
    import_file.begin(batch=batch, by=zhao, now=now())
    with _Told("imported"):
        _work()
    batch.refresh_from_db()
    print(f"  {batch.state}: {batch.counts}, {Customer.objects.count():,} customers")
    _export(zhao, qian)


def _export(zhao: Any, qian: Any) -> None:
    from django.utils.timezone import now  # noqa: PLC0415

    from customers.actions import export  # noqa: PLC0415
    from servicedesk.core.sheets import csv_lines  # noqa: PLC0415

    asked = export.ask(
        by=zhao, purpose="service", reason="bench", filters={}, format="csv",
        columns=["number", "name", "city", "phone", "email", "purchases"], now=now(),
    )  # fmt: skip
    export.decide(export=asked, approve=True, by=qian, now=now())
    with _Told("exported"):
        _work()
    asked.refresh_from_db()
    with _Told("written as a file"):
        size = sum(len(line) for line in csv_lines(export.table_of(asked, now())))
    print(f"  {asked.count:,} customers, {size / 2**20:.1f} MiB")


class _Told:
    """Say how long it took, and the peak of memory so far."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_details: object) -> None:
        took = time.perf_counter() - self.began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {self.what}: {took:.1f} s, peak {peak:.0f} MiB", flush=True)


def _people() -> tuple[Any, Any]:
    from django.utils.timezone import now  # noqa: PLC0415

    from bench.generate.people import clear  # noqa: PLC0415
    from servicedesk.staff.actions.roles import set_roles  # noqa: PLC0415
    from servicedesk.staff.actions.team import add_member  # noqa: PLC0415
    from servicedesk.staff.models import Role, Team, User  # noqa: PLC0415

    found = []
    for name, role in (("zhao", "supervisor"), ("qian", "data_protection_officer")):
        user = User.objects.create_user(username=name)
        set_roles(user=user, groups=[Role.objects.get(key=role).group])
        add_member(team=Team.objects.get(slug="call-centre"), user=user, lead=False)
        clear(user, now())
        found.append(user)
    return found[0], found[1]


def _file(rows: int) -> bytes:
    """Every tenth row is rejected, every twentieth repeats one before."""
    lines = ["姓名,电话,邮箱,城市,地址,订单号,商品,金额,购买时间"]
    for n in range(rows):
        who = n - 7 if n % 20 == 19 else n  # noqa: PLR2004
        phone = "12" if n % 10 == 3 else f"138{who:08}"  # noqa: PLR2004
        lines.append(
            f"客户{who},{phone},c{who}@example.com,上海,南京路 {who} 号,"
            f"A-{who},耳机,199.00,2026-01-05"
        )
    return "\n".join(lines).encode()


def _work() -> None:
    from servicedesk.core.database_time import database_time  # noqa: PLC0415
    from servicedesk.core.jobs.runner import run_job, take_job  # noqa: PLC0415

    clock = database_time()
    holder = uuid.uuid4()
    while job := take_job(holder=holder, now=clock()):
        run_job(job=job, holder=holder, clock=clock, enough=lambda: False)


if __name__ == "__main__":
    sys.exit(main())
