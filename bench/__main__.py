"""Measure: `python3 desk.py bench [PART]`, a part of those below or `all`.

`fill` only makes the database of a size and tells its address; `report` turns JSON
into tables.
"""

import importlib
import importlib.util
import signal
import sys

PARTS = {
    "pages": "bench.pages",
    "streams": "bench.streams",
    "follow-ups": "bench.follow_ups",
    "audit": "bench.audit",
    "keys": "bench.keys",
    "backups": "bench.backups",
    "imports": "bench.imports",
    "customers": "bench.customers",
    "pitr": "bench.pitr",
    "fill": "bench.fill",
    "report": "bench.report",
}
WHOLE = [part for part in PARTS if part not in {"pitr", "fill", "report"}]


def main() -> int:
    """Hand what follows the word to the module of that name."""
    # Told to end, it takes along the processes that it has started.
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(143))
    # `--keep` was for the servers.
    word, rest = "pages", [one for one in sys.argv[1:] if one != "--keep"]
    if rest and not rest[0].startswith("-"):
        word, *rest = rest
    if word != "all" and word not in PARTS:
        print(f"There is no `bench {word}`: {', '.join([*PARTS, 'all'])}.")
        return 2
    return max(_run(part, rest) for part in (WHOLE if word == "all" else [word]))


def _run(part: str, rest: list[str]) -> int:
    module = PARTS[part]
    if not importlib.util.find_spec(module):
        print(f"\n{part}: not there yet ({module} is missing).")
        return 0
    print(f"\n=== {part} ===", flush=True)
    sys.argv = [f"desk.py bench {part}", *rest]
    return int(importlib.import_module(module).main() or 0)


if __name__ == "__main__":
    sys.exit(main())
