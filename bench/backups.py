"""Measure a whole backup against bare `pg_dump | age`: speed, and memory at its highest.

The bare one is pg_dump at the same level of compression, sealed by the same library to
the same two keys and written to the same disk, and nothing else. The whole one does
besides: counts and hashes of every table, the files, a second look at all that was
written (by digest, and once more by opening it), and the manifest.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench import databases
from servicedesk.embedded.folder import write_private

MIB = 1024 * 1024
BARE = """
import os, subprocess, sys
import pyrage
from servicedesk.backups.programs import connection_words, find_program, program_environment
from servicedesk.backups.dump import LEVEL
import django
django.setup()
level = sys.argv[2] or LEVEL
command = [find_program("pg_dump", server=18)[0], "--format=custom",
    f"--compress={level}", "--no-password", f"--dbname={connection_words()}"]
keys = [pyrage.x25519.Identity.generate().to_public() for _ in range(2)]
with open(sys.argv[1], "wb") as file, subprocess.Popen(command,
        stdout=subprocess.PIPE, env=program_environment()) as dump:
    pyrage.encrypt_io(dump.stdout, file, keys)
    os.fsync(file.fileno())
sys.exit(dump.returncode)
"""
SET_UP = """
from django.utils.timezone import now
from servicedesk.backups.models import Backup, Recipient
from servicedesk.backups.sealed import make_identity
Backup.objects.all().delete()
Recipient.objects.all().delete()
for name in ("Anna", "Bo"):
    private, public = make_identity()
    Recipient.objects.create(name=name, key=public, added_at=now())
print(private)
"""
RESULT = """
import json
from servicedesk.backups.models import Backup
row = Backup.objects.order_by("-pk")[0]
print(json.dumps({"state": row.state, "error": row.error, "size": row.size,
    "parts": row.manifest["parts"], "seconds": (row.ended_at - row.started_at)
    .total_seconds(), "rows": sum(t["rows"] for t in row.manifest["tables"].values())}))
"""


def main() -> int:
    """Measure at each size that is asked for."""
    words = argparse.ArgumentParser(prog="desk.py bench backups", description=__doc__)
    words.add_argument("--tickets", type=int, default=1_000_000)
    words.add_argument(
        "--bare", type=float, default=0, help="its seconds, where they are known"
    )
    words.add_argument(
        "--level-6", action="store_true", help="also the bare one at pg_dump's default"
    )
    words.add_argument(
        "--drill", action="store_true", help="also put the last one back, and compare"
    )
    asked = words.parse_args()
    address = databases.ready(asked.tickets)
    with tempfile.TemporaryDirectory(prefix="bench-backups-") as folder:
        return _measure(address, Path(folder), asked)


def _measure(address: str, folder: Path, asked: argparse.Namespace) -> int:
    environment = databases.environment(address) | {
        "BACKUP_DIR": str(folder / "backups"),
        "AUDIT_SEALS_DIR": str(folder / "seals"),
        "BACKUP_IDENTITY_FILE": "",
    }
    private = _python(environment, SET_UP).strip().splitlines()[-1]
    write_private(folder / "key.txt", private + "\n")
    bare = _bare(environment, folder, asked)
    for title, key in (
        ("by digest", ""),
        ("opened with a key", str(folder / "key.txt")),
    ):
        _whole(title, environment | {"BACKUP_IDENTITY_FILE": key}, bare)
    if asked.drill:
        _drill(environment, folder / "key.txt")
    return 0


def _bare(
    environment: dict[str, str], folder: Path, asked: argparse.Namespace
) -> float:
    """Return the seconds of the bare one, measured unless they were given."""
    bare: float = asked.bare
    levels = [("gzip 6, its default", "6")] if asked.level_6 else []
    levels += [] if bare else [("gzip 1, as ours", "")]
    for title, level in levels:
        target = folder / "bare.age"
        command = [sys.executable, "-c", BARE, str(target), level]
        bare, peak = _watched(command, environment)
        _tell(f"bare pg_dump | age ({title})", bare, target.stat().st_size, peak)
        target.unlink()
    return bare


def _whole(title: str, environment: dict[str, str], bare: float) -> None:
    command = [sys.executable, "manage.py", "backup", "--wait"]
    _took, peak = _watched(command, environment)
    found = json.loads(_python(environment, RESULT).splitlines()[-1])
    size = sum(part["size"] for part in found["parts"])
    _tell(f"whole backup ({title})", found["seconds"], size, peak)
    print(
        f"  {found['state']}, {found['rows']:,} rows counted and hashed;"
        f" {bare / found['seconds']:.2f} of the bare one's speed",
        flush=True,
    )


def _drill(environment: dict[str, str], key: Path) -> None:
    command = [sys.executable, "manage.py", "drill", "--identity", str(key)]
    # It says what it found; without a backup of the field keys it ends with 1.
    took, peak = _watched(command, environment, fine=(0, 1))
    print(
        f"drill: {took:.1f} s; its processes together at most {peak / MIB:,.0f} MiB",
        flush=True,
    )


def _tell(title: str, seconds: float, size: int, peak: int) -> None:
    print(
        f"{title}: {seconds:.1f} s, {size / MIB:,.0f} MiB sealed,"
        f" {size / MIB / seconds:.1f} MiB/s; all processes together at most"
        f" {peak / MIB:,.0f} MiB",
        flush=True,
    )


def _python(environment: dict[str, str], script: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        env=environment,
        cwd=databases.HERE.parent,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _watched(
    command: list[str], environment: dict[str, str], fine: tuple[int, ...] = (0,)
) -> tuple[float, int]:
    """Run a command; its seconds, and the memory of it and its children at the highest."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=databases.HERE.parent)
    peak: list[int] = [0]
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], _memory(process.pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        code = process.wait()
        took = time.perf_counter() - began
    finally:
        process.kill()
        over.set()
    watcher.join()
    if code not in fine:
        raise SystemExit(f"{command[:3]} ended with {code}")
    return took, peak[0]


def _memory(pid: int) -> int:
    """Return the memory of a process and its children in bytes; what they share once."""
    total = 0
    for each in [pid, *_children(pid)]:
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        found = [
            line.split()[1] for line in text.splitlines() if line.startswith("Pss:")
        ]
        total += int(found[0]) * 1024 if found else 0
    return total


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in path.read_text().split()]
        except OSError:
            continue
    return found + [each for child in found for each in _children(child)]
