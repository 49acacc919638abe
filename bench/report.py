"""Turn the JSON of runs into tables for docs/measurements.md.

`python3 desk.py bench report --keep pages.json streams.json follow-ups.json`
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = (
    "| | p50 ms | p95 | p99 | inside | CPU | database | queries | most | × F | × lean | bar | "
    "× small | kept |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)
COLUMNS = (
    "p50",
    "p95",
    "p99",
    "inside",
    "cpu",
    "database",
    "queries",
    "most queries",
    "floors",
    "lean",
)


def main() -> int:
    """Print a section for each file."""
    words = argparse.ArgumentParser(prog="desk.py bench report", description=__doc__)
    words.add_argument("files", type=Path, nargs="+")
    for file in words.parse_args().files:
        result = json.loads(file.read_text(encoding="utf-8"))
        lines = _pages(result) if "acts" in result else _facts(file.stem, result)
        print("\n".join(lines), end="\n\n")
    return 0


def _pages(result: dict[str, Any]) -> Iterator[str]:
    size, whole = list(result["sizes"].items())[-1]
    small = next(iter(result["sizes"]))
    told = {**result["machine"], **result["versions"]}
    yield f"## Pages and acts at {int(size):,} tickets\n"
    yield f"{result['date']}; {', '.join(f'{name} {value}' for name, value in told.items())}; "
    yield f"{result['rounds']} rounds, database {whole['bytes'] / 2**30:.1f} GiB; `× small` is against {int(small):,} tickets.\n"
    yield HEAD
    for name, one in result["acts"].items():
        cells = [f"{one[column]}" for column in COLUMNS]
        kept = "; ".join(one["missed"]) or ("yes" if one["bar"] else "")
        cells += [f"{one['bar'] or ''}", f"{one['ratio']}", kept]
        yield f"| {name} | {' | '.join(cells)} |"
    yield f"\nThe query of F alone: {whole['sql']} ms by psycopg2, {whole['orm']} ms by the ORM.\n"
    yield "| requests a second | one client | eight | p50 of eight | p95 |"
    yield "|---|--:|--:|--:|--:|"
    for name, one in result["crowds"].items():
        yield f"| {name} | {one['one']} | {one['eight']} | {one['p50']} | {one['p95']} |"
    memory = ", ".join(f"{name} {value}" for name, value in result["memory"].items())
    yield f"\nResident memory (MiB): {memory}."


def _facts(title: str, result: dict[str, Any]) -> Iterator[str]:
    yield f"## {title.replace('_', ' ').capitalize()}\n"
    yield "| | |\n|---|--:|"
    for name, value in result.items():
        if isinstance(value, bool):
            yield f"| {name} | {'yes' if value else 'no'} |"
        elif isinstance(value, int | float):
            yield f"| {name} | {value:,} |"
        else:
            yield f"| {name} | {value} |"
