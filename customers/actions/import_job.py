"""The three works of an import as jobs: read the file, check its rows, write them.

A portion is one part of the file, and commits together with what it counted: a worker
that dies repeats nothing and leaves nothing out.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice

from django.db import transaction

from customers.actions import import_file
from customers.actions.guesses import GUESSES
from customers.actions.honey import touched
from customers.actions.import_guesses import ALIKE, most_alike
from customers.actions.import_match import hold_owners, match
from customers.actions.import_rows import Row, read_row
from customers.actions.import_write import apply_rows
from customers.actions.watch import raise_alarm
from customers.models import (
    AlarmHow,
    AlarmKind,
    ImportBatch,
    ImportKey,
    ImportPart,
    ImportProblem,
    ImportState,
    KnownPolicy,
)
from customers.queries.import_fields import guess
from servicedesk.audit.actions import record_import, record_import_check
from servicedesk.core import sheets
from servicedesk.core.jobs.registry import Step
from servicedesk.core.models import Job

ROWS = 500
"""Rows of one part: about a second of work."""


def read(job: Job, now: dt.datetime) -> Step:
    """Turn the file into parts of rows; a file that is none fails with a reason."""
    del now
    batch = import_file.batch_of(job)
    ImportPart.objects.filter(batch=batch, raw=False).delete()
    try:
        rows = sheets.rows_of(import_file.content_of(batch))
        heads = next(rows, [])
        count = _keep(batch, rows)
    except sheets.SheetError as error:
        batch.state, batch.counts = ImportState.FAILED, {"fault": error.code}
        batch.save(update_fields=["state", "counts"])
        ImportPart.objects.filter(batch=batch).delete()
        return Step(None, 0, finished=True)
    ImportPart.objects.filter(batch=batch, raw=True).delete()
    batch.heads, batch.rows = json.dumps(heads, ensure_ascii=False), count
    batch.mapping, batch.state = guess(heads), ImportState.MAPPING
    batch.save(update_fields=["heads", "rows", "mapping", "state"])
    return Step(None, count, count, finished=True, result={"rows": count})


def _keep(batch: ImportBatch, rows: Iterator[list[str]]) -> int:
    count = place = 0
    while part := list(islice(rows, ROWS)):
        text = json.dumps(part, ensure_ascii=False)
        ImportPart.objects.create(batch=batch, raw=False, place=place, content=text)
        place, count = place + 1, count + len(part)
    if not count:
        raise sheets.SheetError("no_rows")
    return count


def check(job: Job, now: dt.datetime) -> Step:
    """Go through one part as if it were imported, and write down what is wrong."""
    return _portion(job, now, writes=False)


def run(job: Job, now: dt.datetime) -> Step:
    """Import one part."""
    return _portion(job, now, writes=True)


def _portion(job: Job, now: dt.datetime, *, writes: bool) -> Step:
    batch = import_file.batch_of(job)
    place = int(batch.counts.get("place", 0))
    if place == 0:
        import_file.clear_findings(batch)
        if not writes and (many := most_alike(batch)) > ALIKE:
            return _refuse_guesses(batch, many, now)
    counts = _go_through(batch, place, now, writes=writes)
    if counts is not None:
        batch.counts = dict(Counter(batch.counts) + Counter(counts))
        batch.counts["place"] = place + 1
        batch.save(update_fields=["counts"])
        done = min((place + 1) * ROWS, batch.rows)
        if done < batch.rows:
            return Step(None, done, batch.rows)
    return _end(batch, now, writes=writes)


def _refuse_guesses(batch: ImportBatch, many: int, now: dt.datetime) -> Step:
    """Compare nothing, keep nothing of the file, and have the officers ask."""
    batch.state, batch.counts = ImportState.FAILED, {"fault": "guesses"}
    batch.save(update_fields=["state", "counts"])
    ImportPart.objects.filter(batch=batch).delete()
    raise_alarm(
        kind=AlarmKind.MANY, user=batch.by, now=now, number=many, limit=ALIKE,
        about=GUESSES,
    )  # fmt: skip
    return Step(None, batch.rows, batch.rows, finished=True)


def _go_through(
    batch: ImportBatch, place: int, now: dt.datetime, *, writes: bool
) -> dict[str, int] | None:
    """Do one part, and return what became of its rows; None where there is no such part.

    Done again where an erasure took rows out of it meanwhile: nobody is brought back by
    what was read just before.
    """
    while True:
        part = ImportPart.objects.filter(batch=batch, raw=False, place=place).first()
        if part is None:
            return None
        first = place * ROWS + 2  # the head is row 1
        rows = [
            read_row(number, cells, batch.mapping, now)
            for number, cells in enumerate(import_file.rows_of(part), first)
        ]
        with suppress(_ReadTooEarlyError), transaction.atomic():
            return _judge(batch, part, rows, now, writes=writes)


class _ReadTooEarlyError(Exception):
    """The part is no longer what was read."""


def _still_so(part: ImportPart) -> None:
    """Lock the part after its customers, as an erasure does; raise if it was changed."""
    held = ImportPart.objects.select_for_update().filter(pk=part.pk).first()
    if held is None or held.content != part.content:
        raise _ReadTooEarlyError


def _judge(
    batch: ImportBatch,
    part: ImportPart,
    rows: list[Row],
    now: dt.datetime,
    *,
    writes: bool,
) -> dict[str, int]:
    found = match(batch, rows, remember=not writes)
    if writes:
        hold_owners(rows, found)
        _still_so(part)
    else:
        record_import_check(batch=batch, known=len(found.met()), by=batch.by, now=now)
    # Officers hear of a made-up customer whether the importer may see it or not.
    touched(found.met(), how=AlarmHow.IMPORT, by=batch.by, now=now)
    if writes:
        counts = apply_rows(batch, rows, found, now)
        added = counts["new"] + counts["filled"]
        record_import(batch=batch, count=added, by=batch.by, now=now)
    else:
        counts = _expected(batch, rows, found.owners)
    bad = [row for row in rows if row.faults]
    ImportProblem.objects.bulk_create(
        ImportProblem(batch=batch, row=row.number, column=column, code=code)
        for row in bad
        for column, code in row.faults
    )
    return {**counts, "rejected": len(bad)}


def _expected(
    batch: ImportBatch, rows: list[Row], owners: Mapping[int, object]
) -> dict[str, int]:
    """Count what would become of the rows; one that only repeats counts as filled."""
    counts = {"new": 0, "filled": 0, "same": 0}
    for row in rows:
        if row.faults:
            continue
        if row.number not in owners:
            counts["new"] += 1
        elif batch.known == KnownPolicy.FILL:
            counts["filled"] += 1
        else:
            counts["same"] += 1
    return counts


def _end(batch: ImportBatch, now: dt.datetime, *, writes: bool) -> Step:
    batch.counts.pop("place", None)
    batch.state = ImportState.DONE if writes else ImportState.CHECKED
    if writes:
        batch.finished_at = now
        batch.forget_at = now + import_file.KEPT_DONE
    batch.save(update_fields=["counts", "state", "finished_at", "forget_at"])
    ImportKey.objects.filter(batch=batch).delete()
    result = {name: batch.counts.get(name, 0) for name in ("new", "filled", "rejected")}
    return Step(None, batch.rows, batch.rows, finished=True, result=result)
