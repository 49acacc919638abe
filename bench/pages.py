"""Measure the pages and acts at two sizes, beside the floors, in one run."""

import argparse
import datetime as dt
import json
import os
import platform
import sys
import threading
import time
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from bench import databases, table
from bench.acts import ACTS, FLOOR, LEAN, Act, Person, searches
from bench.browser import Answer
from bench.web import WORKER, Process, Web, facts, prepare

CROWD = 8
PER_CLIENT = 8
WARM = 2
BROKEN, WHOLE = 1, 0
PACKAGES = ("django", "psycopg2-binary", "uvicorn", "celery", "cryptography")
Samples = dict[str, list[Answer]]


def main() -> int:
    """Fill two sizes, measure them turn by turn, print a table, and write JSON."""
    asked = _words()
    prepare()
    sizes = sorted({min(asked.small, asked.tickets), asked.tickets})
    addresses = {size: databases.ready(size, asked.customers) for size in sizes}
    known = {size: facts(address) for size, address in addresses.items()}
    acts = [
        *([LEAN] if asked.only_search else ACTS),
        *searches(known[asked.tickets]["search"]),
    ]
    if not known[asked.tickets]["search"]:
        print("\nsearch: not there yet (no page of that name).")
    result: dict[str, Any] = {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "machine": _machine(), "versions": _versions(known[asked.tickets]),
        "sizes": {size: _size(known[size]) for size in sizes}, "rounds": asked.rounds,
    }  # fmt: skip
    with _Webs(addresses) as webs:
        samples = _measure(webs, known, acts, asked.rounds)
        result["acts"] = table.figures(acts, samples, sizes)
        table.show_acts(result)
        whole = webs.processes[asked.tickets]
        result["crowds"] = (
            {} if asked.only_search else _crowds(whole, known[asked.tickets])
        )
        memory = {"web": whole.memory(), "worker": _worker(addresses[asked.tickets])}
    result["memory"] = memory
    broken = table.show_rest(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1, ensure_ascii=False))
    return BROKEN if asked.strict and broken else WHOLE


def _words() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="desk.py bench", description=__doc__)
    words.add_argument("--tickets", type=int, default=100_000)
    words.add_argument("--customers", type=int, default=0, help="default: tickets / 5")
    words.add_argument("--small", type=int, default=10_000, help="to compare with")
    words.add_argument("--rounds", type=int, default=40)
    words.add_argument("--only-search", action="store_true")
    words.add_argument("--json", type=Path, help="write everything to this file")
    words.add_argument(
        "--strict", action="store_true", help="exit 1 when a bar is missed"
    )
    return words.parse_args()


class _Webs:
    """One web server for each size, all at the same time."""

    def __init__(self, addresses: dict[int, str]) -> None:
        self.processes = {
            size: Web(address, f"bench-web-{size}")
            for size, address in addresses.items()
        }

    def __enter__(self) -> Self:
        for web in self.processes.values():
            web.start()
        return self

    def __exit__(self, *details: object) -> None:
        for web in self.processes.values():
            web.__exit__(*details)


def _measure(
    webs: _Webs, known: dict[int, dict[str, Any]], acts: list[Act], rounds: int
) -> dict[int, Samples]:
    """Do one act after the other, at each size, with the floor in between.

    The speed of a shared core drifts by a factor of two within minutes; what is
    compared is measured side by side.
    """
    people = {
        size: Person(web.port, known[size]) for size, web in webs.processes.items()
    }
    found: dict[int, Samples] = {size: defaultdict(list) for size in people}
    for turn in range(WARM + rounds):
        print(f"\r  round {turn + 1 - WARM} of {rounds} ", end="", flush=True)
        for act in acts:
            for size, person in people.items():
                for one in (FLOOR, act):
                    answer = one.do(person)
                    if turn >= WARM:
                        found[size][one.name].append(answer)
    for person in people.values():
        person.browser.close()
    return found


def _crowds(web: Web, known: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return what one client and eight at once get done in a second."""
    found: dict[str, dict[str, float]] = {}
    for act in (one for one in (FLOOR, *ACTS) if one.crowd):
        alone, _took = _crowd(act, web.port, known, 1)
        together, took = _crowd(act, web.port, known, CROWD)
        found[act.name] = {
            "one": alone, "eight": together, "p50": table.rank(took, 50),
            "p95": table.rank(took, 95),
        }  # fmt: skip
    return found


def _crowd(
    act: Act, port: int, known: dict[str, Any], clients: int
) -> tuple[float, list[float]]:
    """Return requests a second and how long each took, with so many clients at once."""
    took: list[float] = []
    people = [_ready(act, Person(port, known, number)) for number in range(clients)]
    failed: list[BaseException] = []

    def work(person: Person) -> None:
        try:
            took.extend([act.do(person).took for _each in range(PER_CLIENT)])
        except (SystemExit, OSError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=[person]) for person in people]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for person in people:
        person.browser.close()
    if failed:
        raise failed[0]
    return round(len(took) / seconds, 1), took


def _ready(act: Act, person: Person) -> Person:
    if "resolve" in act.name:
        person.stock(PER_CLIENT + 1)
    act.do(person)
    return person


def _worker(address: str) -> float:
    """Return the memory of a worker that has started, with its one child, in MiB."""
    with Process(
        [*WORKER, "--queues", "bench-idle"], address, "bench-worker"
    ) as worker:
        seen, deadline = 0.0, time.monotonic() + 15
        while time.monotonic() < deadline:
            time.sleep(1)
            now = worker.memory()
            if now and abs(now - seen) < 1 and now > 100:  # noqa: PLR2004 - parent and child
                break
            seen = now
        return worker.memory()


def _size(known: dict[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in ("tickets", "bytes", "orm", "sql")}


def _machine() -> dict[str, Any]:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory (GiB)": round(pages / 2**30, 1),
        "system": platform.system(),
        "processor": platform.machine(),
        # Above the number of cores, others were at work as well.
        "load": round(os.getloadavg()[0], 1),
    }


def _versions(known: dict[str, Any]) -> dict[str, str]:
    found = {name: metadata.version(name) for name in PACKAGES}
    return found | {
        "python": platform.python_version(), "postgresql": known["postgresql"],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
