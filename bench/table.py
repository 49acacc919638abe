"""Figures of many answers, and the table that a person reads."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from bench.acts import FLOOR, LEAN, Act
from bench.browser import Answer

RATIO = 1.2
COSTS = ("inside", "cpu", "database", "queries")
HEAD = (f"{'':30}{'p50':>7}{'p95':>8}{'p99':>8}{'inside':>8}{'cpu':>7}{'db':>7}{'queries':>9}"
        f"{'× F':>7}{'bar':>6}{'× lean':>9}{'× small':>9}")  # fmt: skip


def rank(values: Iterable[float], percent: float) -> float:
    """Return the percentile by nearest rank."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)], 1)


def figures(
    acts: Sequence[Act],
    samples: dict[int, dict[str, list[Answer]]],
    sizes: Sequence[int],
) -> dict[str, dict[str, Any]]:
    """Return each act's figures at the largest size, its multiple of F and its bar.

    Only medians are compared: with F of the same size in the same run, and with the
    act's own at the small size.
    """
    small, size = sizes[0], sizes[-1]
    floor = statistics.median(one.took for one in samples[size][FLOOR.name])
    lean = statistics.median(one.took for one in samples[size][LEAN.name])
    found = {}
    for act in (FLOOR, *acts):
        answers = samples[size][act.name]
        one = _figures(answers)
        before = statistics.median(each.took for each in samples[small][act.name])
        middle = statistics.median(each.took for each in answers)
        one |= {
            "small": round(before, 1), "ratio": round(middle / before, 2),
            "floors": round(middle / floor, 2),
            "lean": round(middle / lean, 2), "bar": act.bar, "most": act.queries,
        }  # fmt: skip
        one["missed"] = list(_missed(act, one))
        found[act.name] = one
    return found


def _figures(answers: Sequence[Answer]) -> dict[str, Any]:
    one: dict[str, Any] = {
        f"p{percent}": rank((each.took for each in answers), percent)
        for percent in (50, 95, 99)
    }
    for name in COSTS:
        one[name] = round(
            statistics.median(each.cost.get(name, 0) for each in answers), 1
        )
    one["queries"] = int(
        statistics.median(each.cost.get("queries", 0) for each in answers)
    )
    # Once a minute a request also writes down that the person is there.
    one["most queries"] = int(max(each.cost.get("queries", 0) for each in answers))
    one["bytes"] = answers[-1].size
    return one


def _missed(act: Act, one: dict[str, Any]) -> Iterable[str]:
    """Yield which of its bars the act does not keep."""
    if act.bar and one["floors"] > act.bar:
        yield f"{one['floors']} F, allowed {act.bar}"
    if act.bar and one["ratio"] > RATIO:
        yield f"{one['ratio']} times its time at the small size, allowed {RATIO}"
    if act.queries and one["most queries"] > act.queries:
        yield f"{one['most queries']} queries, allowed {act.queries}"


def show_acts(result: dict[str, Any]) -> None:
    """Print what each act took."""
    (small, size) = (next(iter(result["sizes"])), list(result["sizes"])[-1])
    whole = result["sizes"][size]
    print(f"\nAt {size:,} tickets ({whole['bytes'] / 2**30:.1f} GiB), milliseconds, "
          f"{result['rounds']} rounds, compared with {small:,}:\n\n{HEAD}")  # fmt: skip
    for name, one in result["acts"].items():
        print(_line(name, one))
    print(f"\nThe query of F alone: {whole['sql']} ms by psycopg2, {whole['orm']} ms by "
          "Django's ORM.")  # fmt: skip


def show_rest(result: dict[str, Any]) -> bool:
    """Print throughput, memory and which bars were missed; tell whether one was."""
    for name, one in result["crowds"].items():
        print(f"{name:30}{one['one']:7} a second by one client, {one['eight']:7} by eight "
              f"(p50 {one['p50']}, p95 {one['p95']} ms)")  # fmt: skip
    memory = ", ".join(f"{name} {size} MiB" for name, size in result["memory"].items())
    print(f"Memory: {memory}")
    missed = {
        name: one["missed"] for name, one in result["acts"].items() if one["missed"]
    }
    for name, what in missed.items():
        print(f"BAR MISSED  {name}: {'; '.join(what)}")
    if not missed:
        print("All bars are kept.")
    return bool(missed)


def _line(name: str, one: dict[str, Any]) -> str:
    bar = one["bar"] or ""
    queries = f"{one['queries']}–{one['most queries']}"
    return (f"{name:30}{one['p50']:7}{one['p95']:8}{one['p99']:8}{one['inside']:8}{one['cpu']:7}"
            f"{one['database']:7}{queries:>9}{one['floors']:7}{bar:>6}{one['lean']:9}{one['ratio']:9}"
            f"{'  MISSED' if one['missed'] else ''}")  # fmt: skip
