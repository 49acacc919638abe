"""Start and carry on the work about keys, count, and take a key out of use."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from servicedesk.core.encryption import keyfiles
from servicedesk.core.encryption.keyfiles import KeyFileError
from servicedesk.core.encryption.reindex import reindex_portion, versions_of_indexes
from servicedesk.core.encryption.rotate import Portion, rotate_portion, verify_portion
from servicedesk.core.encryption.stores import all_stores
from servicedesk.core.models import KeyCount, KeyRun, KeyWork
from servicedesk.core.signals import key_retired

log = logging.getLogger(__name__)
PORTIONS: dict[str, Callable[..., Portion]] = {
    KeyWork.ROTATE: rotate_portion,
    KeyWork.REINDEX: reindex_portion,
    KeyWork.VERIFY: verify_portion,
}
ROWS = 500
KEPT_COUNTS = 30


def start_run(
    *, work: KeyWork, by: AbstractBaseUser | None, now: dt.datetime
) -> KeyRun:
    """Begin the work, or return the run of it that is under way."""
    under_way = KeyRun.objects.filter(work=work, finished_at__isnull=True)
    found = under_way.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return KeyRun.objects.create(
                work=work,
                started_by_id=by.pk if by else None,
                started_at=now,
                changed_at=now,
            )
    except IntegrityError:
        return under_way.get()


@transaction.atomic
def carry_on(*, run: KeyRun, now: dt.datetime, limit: int = ROWS) -> KeyRun:
    """Do one portion and note where the next begins; both or neither are kept.

    Whoever else carries on the same run waits for its turn: a killed process leaves
    the run at its last portion.
    """
    run = KeyRun.objects.select_for_update().get(pk=run.pk)
    if run.finished_at is not None:
        return run
    portion = PORTIONS[run.work](run.cursor, limit=limit, now=now)
    run.cursor, run.done, run.total = portion.cursor, portion.done, portion.total
    run.changed_at, run.result = now, portion.result
    run.finished_at = now if portion.finished else None
    # By a query, not by save: the run is one entry of the audit log, not thousands.
    KeyRun.objects.filter(pk=run.pk).update(
        cursor=run.cursor,
        done=run.done,
        total=run.total,
        result=run.result,
        changed_at=run.changed_at,
        finished_at=run.finished_at,
    )
    if portion.finished:
        log.info(
            "Keys: %s finished, %d done, %s left, %s cannot be read.",
            run.work, run.done, _of(run, "left"), _of(run, "unreadable"),
        )  # fmt: skip
    return run


def _of(run: KeyRun, name: str) -> Any:
    return (run.result or {}).get(name)


def count_values(*, now: dt.datetime) -> KeyCount:
    """Count every value by the key that it is under, and keep the count.

    A full scan of each column, without a lock: seconds at millions of rows.
    """
    began = time.perf_counter()
    fields = {
        store.parts[part]: _as_text(found)
        for store in all_stores()
        for part, found in store.versions().items()
    }
    indexes = {name: _as_text(one) for name, one in versions_of_indexes().items()}
    took = round(time.perf_counter() - began, 3)
    counted = KeyCount.objects.create(
        at=now, seconds=took, fields=fields, indexes=indexes
    )
    newest = KeyCount.objects.order_by("-at").values("pk")[:KEPT_COUNTS]
    KeyCount.objects.exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    return counted


def _as_text(found: dict[int, int]) -> dict[str, int]:
    return {str(version): found[version] for version in sorted(found)}


def retire_key(
    *, kind: str, version: int, now: dt.datetime, give_up_unreadable: bool = False
) -> Path:
    """Take a key out of use, if an exact count finds nothing that needs it.

    Raises KeyFileError with what to do otherwise. With `give_up_unreadable` values that
    the last run could not read do not hold the key back.
    """
    keyfiles.check_spare(kind, version)
    counted = count_values(now=now)
    held = counted.fields if kind == "field" else counted.indexes
    using = {
        name: found[str(version)]
        for name, found in held.items()
        if found.get(str(version))
    }
    lost = _lost(kind) if give_up_unreadable else 0
    given_up = sum(using.values())
    if given_up > lost:
        raise KeyFileError(_still_used(kind, version, using.items()))
    with transaction.atomic():
        # The audit log first: what it cannot note down is not done.
        key_retired.send(
            KeyCount, kind=kind, version=version, given_up=given_up, now=now
        )
        return keyfiles.put_away(kind, version)


def _lost(kind: str) -> int:
    """Return how many values the newest finished run could not bring over."""
    work = KeyWork.ROTATE if kind == "field" else KeyWork.REINDEX
    run = KeyRun.objects.filter(work=work, finished_at__isnull=False).order_by(
        "-started_at"
    )
    newest = run.first()
    return int((newest.result or {}).get("unreadable", 0)) if newest else 0


def _still_used(kind: str, version: int, using: Iterable[tuple[str, int]]) -> str:
    where = ", ".join(f"{name}: {number}" for name, number in using)
    act = "rotate" if kind == "field" else "reindex"
    return (
        f"{kind}-{version}.key is still needed ({where}). "
        f"Bring them over first: manage.py keys {act}"
    )
