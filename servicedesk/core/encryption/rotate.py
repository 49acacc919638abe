"""Bring every sealed value under the primary key, portion by portion, while all serve.

A run goes through all stores again and again until an exact count finds no value under
another key, but those that cannot be read. A cursor tells where the next portion begins:
ids and numbers only, never a value.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from servicedesk.core.encryption.envelope import seal, unseal
from servicedesk.core.encryption.errors import KeyMissing, SealError
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.stores import Change, Store, all_stores, version_of

Cursor = dict[str, Any]
NAMED = 50
"""So many unreadable values are named by their row; more are only counted."""
FRUITLESS = 5
"""After so many passes that changed nothing a run ends and says what is left."""


@dataclass(frozen=True)
class Portion:
    """What one portion did, and where the next begins."""

    cursor: Cursor
    done: int
    total: int
    finished: bool = False
    result: dict[str, Any] | None = None


@dataclass
class Turn:
    """What became of the rows of one portion."""

    last: str | None
    changed: int = 0
    trouble: Sequence[tuple[str, str, str]] = ()


Work = Callable[[str | None, int], Turn]


def rotate_portion(cursor: Cursor | None, *, limit: int, now: dt.datetime) -> Portion:
    """Seal up to `limit` rows anew; to be called in a transaction, until `finished`."""
    del now
    stores = all_stores()
    target = keyring().primary
    works = [(store.name, _rotating(store)) for store in stores]
    left = partial(_others, stores, target)
    return walk(cursor, works, target, limit, total=left, left=left)


def verify_portion(cursor: Cursor | None, *, limit: int, now: dt.datetime) -> Portion:
    """Open up to `limit` rows and note what cannot be read; nothing is written."""
    del now
    stores = all_stores()
    works = [(store.name, _verifying(store)) for store in stores]
    return walk(cursor, works, 0, limit, total=partial(_all, stores), left=lambda: 0)


def walk(
    cursor: Cursor | None,
    works: Sequence[tuple[str, Work]],
    target: int,
    limit: int,
    *,
    total: Callable[[], int],
    left: Callable[[], int],
) -> Portion:
    """Do the next portion of the first store that has one; at the end count what is left."""
    if cursor is None or cursor["target"] != target:
        # Another key became primary meanwhile: the work begins anew.
        cursor = _begin(target, total())
    at = {**cursor}
    names = [name for name, _work in works]
    if at["store"] is None:
        at["store"] = names[0]
    # A store that a newer version of the program no longer has is passed over.
    name, work = next((each for each in works if each[0] >= at["store"]), works[-1])
    if name != at["store"]:
        at["store"], at["after"] = name, None
    turn = work(at["after"], limit)
    at["after"] = turn.last
    at["done"] += turn.changed
    at["changed"] += turn.changed
    at["unreadable"] += len(turn.trouble)
    at["named"] = [*at["named"], *(list(one) for one in turn.trouble)][:NAMED]
    if turn.last is not None:
        return Portion(at, at["done"], at["total"])
    if name != names[-1]:
        at["store"] = names[names.index(name) + 1]
        return Portion(at, at["done"], at["total"])
    return _end_pass(at, left())


def _begin(target: int, total: int) -> Cursor:
    return {
        "target": target, "pass": 1, "store": None, "after": None, "total": total,
        "done": 0, "changed": 0, "fruitless": 0, "unreadable": 0, "named": [],
    }  # fmt: skip


def _end_pass(at: Cursor, left: int) -> Portion:
    """Finish where nothing but the unreadable is left, or begin the next pass."""
    fruitless = 0 if at["changed"] else at["fruitless"] + 1
    complete = left <= at["unreadable"]
    if complete or fruitless >= FRUITLESS:
        result = {
            "target": at["target"],
            "done": at["done"],
            "left": left,
            "passes": at["pass"],
            "unreadable": at["unreadable"],
            "named": at["named"],
            "complete": complete,
        }
        return Portion(at, at["done"], at["total"], finished=True, result=result)
    anew: Cursor = {
        "store": None,
        "after": None,
        "changed": 0,
        "unreadable": 0,
        "named": [],
    }
    again = {**at, **anew, "pass": at["pass"] + 1, "fruitless": fruitless}
    return Portion(again, at["done"], max(at["total"], at["done"] + left))


def _rotating(store: Store) -> Work:
    def work(after: str | None, limit: int) -> Turn:
        primary = keyring().primary
        rows = store.read(after, limit)
        changes: list[Change] = []
        trouble: list[tuple[str, str, str]] = []
        for pk, held in rows:
            anew: dict[str, tuple[bytes, bytes]] = {}
            for part, envelope in held.items():
                if version_of(envelope) == primary:
                    continue
                label, row = store.place(part, pk)
                try:
                    anew[part] = (
                        envelope,
                        seal(unseal(envelope, label, row), label, row),
                    )
                except SealError as error:
                    trouble.append((label, pk, _why(error)))
            if anew:
                changes.append((pk, anew))
        changed = store.write(changes) if changes else 0
        return Turn(rows[-1][0] if len(rows) == limit else None, changed, trouble)

    return work


def _verifying(store: Store) -> Work:
    def work(after: str | None, limit: int) -> Turn:
        rows = store.read(after, limit)
        trouble: list[tuple[str, str, str]] = []
        seen = 0
        for pk, held in rows:
            for part, envelope in held.items():
                label, row = store.place(part, pk)
                seen += 1
                try:
                    unseal(envelope, label, row)
                except SealError as error:
                    trouble.append((label, pk, _why(error)))
        return Turn(rows[-1][0] if len(rows) == limit else None, seen, trouble)

    return work


def _why(error: SealError) -> str:
    """Name the reason in one word: "altered", or the version of the missing key."""
    if isinstance(error, KeyMissing):
        return f"key-{error.version}" if error.version else "keys"
    return "altered"


def _all(stores: Sequence[Store]) -> int:
    return sum(
        sum(found.values()) for store in stores for found in store.versions().values()
    )


def _others(stores: Sequence[Store], target: int) -> int:
    """Count the values that are not under the key."""
    return sum(
        number
        for store in stores
        for found in store.versions().values()
        for version, number in found.items()
        if version != target
    )
