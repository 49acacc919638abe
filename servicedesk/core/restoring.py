"""What apps know of backups: facts that go into one, and what a restore has to do and check.

Each app registers its own, from `ready()`; the app that makes backups asks.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Json = Any
# Given a cursor that reads the moment of the backup, returns ids, numbers and digests:
# they lie in clear beside the backup.
Gather = Callable[[Any], Json]


@dataclass(frozen=True)
class Restored:
    """What was put back; steps and checks run where the default database is that one.

    `folder` holds the files under the names of the manifest's roots ("media", "seals",
    …); `facts` are what was gathered when the backup was made.
    """

    backup: str
    made_at: dt.datetime
    folder: Path
    roots: Mapping[str, str]
    facts: Mapping[str, Json]
    drill: bool
    now: dt.datetime

    def root(self, name: str) -> Path:
        """Return the folder of one root; in a drill that of "media" stays empty."""
        return self.folder / self.roots[name]

    def files(self) -> Iterator[tuple[str, int, str]]:
        """Yield name, size and SHA-256 of every file that came back, by its index.

        The digests were taken of what was read; a name begins with its root.
        """
        for path in sorted((self.folder / "index").glob("*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    said = json.loads(line)
                    yield said["name"], said["size"], said["sha256"]

    @property
    def held_because(self) -> str:
        """Why a letter that was waiting is not simply sent after a restore."""
        return f"held after a restore to {self.made_at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: a code, with ids and numbers."""

    code: str
    data: Mapping[str, Json] = field(default_factory=dict)


# What has to be done after a restore before anybody works; returns numbers for the report.
Step = Callable[[Restored], Mapping[str, Json]]
# Looks whether what came back is right.
Check = Callable[[Restored], list[Finding]]

_facts: dict[str, Gather] = {}
_steps: dict[str, tuple[int, Step]] = {}
_checks: dict[str, Check] = {}


def register_backup_fact(name: str, gather: Gather) -> None:
    """Let each backup's manifest hold a fact, such as "audit.seal"; from `ready()`."""
    _put(_facts, name, gather)


OUTSIDE: Final = 900
"""From this order on steps touch what lies outside of the database."""


def register_restore_step(name: str, run: Step, *, order: int = 100) -> None:
    """Let each restore do `run`, those with the smallest order first; from `ready()`.

    Steps below `OUTSIDE` are done before the restored database takes the place of the
    other one: they change nothing but the database, and it may still be thrown away.
    The others come after that, and bear repeating.
    """
    _put(_steps, name, (order, run))


def register_restore_check(name: str, check: Check) -> None:
    """Let each restore and each drill look with `check`; from `ready()`."""
    _put(_checks, name, check)


def gather_facts(cursor: Any) -> dict[str, Json]:
    """Return all facts of the moment that the cursor reads."""
    return {name: gather(cursor) for name, gather in sorted(_facts.items())}


def restore_steps(*, outside: bool) -> Iterator[tuple[str, Step]]:
    """Yield the steps in their order: those inside of the database, or the others."""
    for name, (order, run) in sorted(_steps.items(), key=lambda e: (e[1][0], e[0])):
        if (order >= OUTSIDE) == outside:
            yield name, run


def restore_checks() -> Iterator[tuple[str, Check]]:
    """Yield the checks by name."""
    yield from sorted(_checks.items())


def _put(registry: dict[str, Any], name: str, value: Any) -> None:
    if registry.setdefault(name, value) != value:
        raise ValueError(f"Something else is registered as {name!r}")
