"""Take in a file of customers, name its columns, check it, import it, forget it."""

import base64
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import (
    ImportBatch,
    ImportKey,
    ImportPart,
    ImportProblem,
    ImportState,
)
from customers.queries.import_fields import BY_KEY
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Job
from servicedesk.staff.models import Team, User

READ, CHECK, RUN = (f"customers.import_{what}" for what in ("read", "check", "run"))
KEPT_UNFINISHED = dt.timedelta(days=7)
KEPT_DONE = dt.timedelta(days=7)
"""How long the rejected rows can be fetched, and the file lies here, sealed."""
_BUSY = frozenset({ImportState.READING, ImportState.CHECKING, ImportState.RUNNING})
_PIECE = 384 * 1024  # divisible by three, so that pieces of base64 join


@transaction.atomic
def take_in(*, content: bytes, name: str, by: User, now: dt.datetime) -> ImportBatch:
    """Keep an uploaded file, sealed in pieces, and let a worker read it."""
    batch = ImportBatch.objects.create(
        by=by,
        created_at=now,
        file_name=name[-200:],
        size=len(content),
        forget_at=now + KEPT_UNFINISHED,
    )
    pieces = range(0, len(content), _PIECE)
    for place, start in enumerate(pieces):
        text = base64.b64encode(content[start : start + _PIECE]).decode()
        ImportPart.objects.create(batch=batch, raw=True, place=place, content=text)
    _start(batch, READ, ImportState.READING, by, now)
    return batch


@transaction.atomic
def name_columns(  # noqa: PLR0913  # all that an import is told
    *,
    batch: ImportBatch,
    mapping: Mapping[str, str],
    known: str,
    team: Team,
    language: str,
    basis: str,
    way: str,
    by: User,
    now: dt.datetime,
) -> ImportBatch:
    """Say what the columns mean and what becomes of known customers, and check it.

    Raises RuleError without a name and a way to reach people, for one field twice, and
    while work on the file is under way.
    """
    held = _held(batch, ImportState.MAPPING, ImportState.CHECKED, ImportState.STOPPED)
    if held.counts.get("written"):
        raise RuleError(_("Part of this file was imported already: go on with it."))
    fields = list(mapping.values())
    if len(set(fields)) < len(fields):
        raise RuleError(_("Two columns cannot be the same field."))
    if "name" not in fields or not any(BY_KEY[key].contact for key in fields):
        raise RuleError(
            _("Say which column is the name, and which one is a way to reach people.")
        )
    held.mapping, held.known = dict(mapping), known
    held.team, held.language, held.basis, held.way = team, language, basis, way
    held.counts = {}
    held.save()
    _start(held, CHECK, ImportState.CHECKING, by, now)
    return held


@transaction.atomic
def begin(*, batch: ImportBatch, by: User, now: dt.datetime) -> ImportBatch:
    """Import what was checked, or go on where it stopped.

    Raises RuleError unless it was checked, or stopped while it was imported.
    """
    held = _held(batch, ImportState.CHECKED, ImportState.STOPPED)
    if held.state == ImportState.CHECKED:
        held.counts = {"written": 1}
        held.save(update_fields=["counts"])
    elif not held.counts.get("written"):
        raise RuleError(_("Check the file first."))
    _start(held, RUN, ImportState.RUNNING, by, now)
    return held


@transaction.atomic
def settle(*, batch: ImportBatch) -> ImportBatch:
    """Return the batch; where its work was cancelled or failed, it says so from now on."""
    held = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    return _settled(held)


def _settled(held: ImportBatch) -> ImportBatch:
    if held.state not in _BUSY or (held.job is not None and held.job.active):
        return held
    reading = held.state == ImportState.READING
    held.state = ImportState.FAILED if reading else ImportState.STOPPED
    held.save(update_fields=["state"])
    return held


@transaction.atomic
def forget(*, batch: ImportBatch, now: dt.datetime) -> bool:
    """Delete the file and its rejected rows; figures and history stay.

    Raises RuleError while work on it is under way.
    """
    held = settle(batch=batch)
    if held.state in _BUSY:
        raise RuleError(_("Cancel the work on this file first."))
    if held.forgotten_at is not None:
        return False
    ImportPart.objects.filter(batch=held).delete()
    clear_findings(held)
    held.forgotten_at = now
    held.heads = None
    held.save(update_fields=["forgotten_at", "heads"])
    return True


def clear_findings(batch: ImportBatch) -> None:
    """Delete what an earlier check or import found."""
    ImportKey.objects.filter(batch=batch).delete()
    ImportProblem.objects.filter(batch=batch).delete()


def content_of(batch: ImportBatch) -> bytes:
    """Return the bytes of the uploaded file."""
    pieces = ImportPart.objects.filter(batch=batch, raw=True).order_by("place")
    return b"".join(base64.b64decode(str(each.content)) for each in pieces.iterator())


def rows_of(part: ImportPart) -> list[list[str]]:
    """Return the rows of a part that was read."""
    if not isinstance(part.content, str):
        raise RuleError(str(part.content))
    found: list[list[str]] = json.loads(part.content)
    return found


def all_rows(batch: ImportBatch) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with its number in the file, the first row being 1."""
    number = 1
    parts = ImportPart.objects.filter(batch=batch, raw=False).order_by("place")
    for part in parts.iterator(chunk_size=4):
        for row in rows_of(part):
            number += 1
            yield number, row


def _held(batch: ImportBatch, *states: ImportState) -> ImportBatch:
    held = settle(batch=batch)
    if held.state not in states:
        raise RuleError(
            _("This import is “%(state)s”: that cannot be done now.")
            % {"state": held.get_state_display()}
        )
    if held.forgotten_at is not None:
        raise RuleError(_("This file is no longer kept. Upload it again."))
    return held


def _start(
    batch: ImportBatch, kind: str, state: ImportState, by: User, now: dt.datetime
) -> None:
    job = start_job(kind=kind, params={"batch": str(batch.pk)}, by=by, now=now)
    batch.job, batch.state = job, state
    batch.save(update_fields=["job", "state"])


def batch_of(job: Job) -> ImportBatch:
    """Return the batch that the job is about, locked."""
    key = UUID(job.params["batch"])
    return ImportBatch.objects.select_for_update(of=("self",)).get(pk=key)
