"""Point-in-time recovery: how long, how large, with a desk's data and a day's work.

pgBackRest, the shipped settings and scripts, a durable cluster; nothing of it is kept.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any

from tests.pitr.ground import Ground, find_pgbackrest

HERE = Path(__file__).parent
WORK = """
from django.utils import timezone
from servicedesk.staff.models import User
from tickets.actions.resolve import resolve
from tickets.actions.take import take_next

by = User.objects.get(username="bench0")
done = 0
for _ in range({acts}):
    now = timezone.now()
    ticket = take_next(by=by, now=now)
    if ticket is None:
        break
    resolve(ticket=ticket, root_cause="线路松动", solution="更换插头", words="已处理", by=by, now=now)
    done += 1
print(done)
"""
WRITTEN = "SELECT wal_bytes FROM pg_stat_wal"  # without what pads a closed piece
RESOLVED = "SELECT count(*) FROM tickets_ticket WHERE status IN ('resolved', 'closed')"


def main() -> int:
    """Fill, back up, work, recover to the middle of the work, and print the numbers."""
    words = argparse.ArgumentParser(prog="desk.py bench pitr", description=__doc__)
    words.add_argument("--tickets", type=int, default=100_000)
    words.add_argument(
        "--acts", type=int, default=500, help="tickets taken and resolved"
    )
    asked = words.parse_args()
    tool = find_pgbackrest()
    if tool is None:
        print("There is no pgBackRest 2.57 or later (tests/pitr/fetch_pgbackrest.sh).")
        return 1
    with Ground(tool, durable=True) as ground:
        print(json.dumps(_measure(ground, asked.tickets, asked.acts), indent=1))
    return 0


def _measure(ground: Any, tickets: int, acts: int) -> dict[str, Any]:
    _desk(ground, "-m", "bench.generate", "--tickets", str(tickets))
    told: dict[str, Any] = {"tickets": tickets, "load": os.getloadavg()[0]}
    told["database MB"] = ground.query("SELECT pg_database_size('desk')") // 2**20
    told["full backup s"] = _seconds(ground.must, "pitr.sh", "begin")
    told["repository MB after full"] = _size(ground.repository)
    start = ground.query(WRITTEN)
    told["resolved"] = _work(ground, acts)
    ground.must("pitr.sh", "check")
    middle, count = ground.now(), ground.query(RESOLVED)
    _work(ground, acts)
    written = float(ground.query(WRITTEN) - start)
    told["journal KB an act"] = round(written / 1024 / (2 * told["resolved"]), 1)
    ground.must("pitr.sh", "check")
    folder = ground.new_folder("middle")
    told["recovery from the full s"] = _seconds(
        ground.must, "recover.sh", "to", middle, folder
    )
    seen = ground.must(
        *("recover.sh", "look", folder, ground.programs / "psql", "-XAtc", RESOLVED)
    )
    told["right"] = int(seen) == count < ground.query(RESOLVED)
    told["incremental s"] = _seconds(ground.must, "pitr.sh", "backup", "incr")
    told["repository MB after all"] = _size(ground.repository)
    told["journal in repository MB"] = _size(ground.repository / "archive")
    told["check --all s"] = _seconds(ground.must, "pitr.sh", "check", "--all")
    return told


def _work(ground: Any, acts: int) -> int:
    return int(_desk(ground, "manage.py", "shell", script=WORK.format(acts=acts)))


def _desk(ground: Any, *words: str, script: str = "") -> str:
    socket = urllib.parse.quote(str(ground.socket), safe="")
    environment = os.environ | {
        "DATABASE_URL": f"postgres://postgres@{socket}/desk",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "LOG_LEVEL": "WARNING",
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=HERE.parent,
        env=environment,
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout.strip().splitlines()[-1]


def _seconds(what: Any, *arguments: Any) -> float:
    began = time.perf_counter()
    what(*arguments)
    return round(time.perf_counter() - began, 1)


def _size(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) // 2**20
