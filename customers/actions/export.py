"""Ask for an export, decide, hand it out, forget it."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from customers.actions import moving_notices as notices
from customers.actions import watch
from customers.models import (
    ExportFormat,
    ExportPart,
    ExportRequest,
    ExportState,
    RevealPurpose,
)
from customers.permissions import EXPORT
from customers.queries.export_rows import BY_KEY, chosen
from customers.queries.exports import may_decide
from servicedesk.audit.actions import record_export
from servicedesk.core import sheets
from servicedesk.core.access import may
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import Step
from servicedesk.core.models import Job
from servicedesk.staff.models import User

MAKE = "customers.export"
KEPT = dt.timedelta(days=7)
MOST_DOWNLOADS = 5


@transaction.atomic
def ask(  # all that an export is
    *,
    by: User,
    purpose: str,
    reason: str,
    filters: Mapping[str, Any],
    columns: Sequence[str],
    format: str,  # noqa: A002
    now: dt.datetime,
) -> ExportRequest:
    """Ask that customers be exported.

    Raises RuleError for a purpose that is none here, where nobody would be in it, and where an Excel file would be too large.
    """
    if purpose not in RevealPurpose.values:
        raise RuleError(_("Customer data may not be used for this purpose."))
    found = chosen(filters, by)
    count = found.count()
    if not count:
        raise RuleError(_("No customer that you may see fits. Widen the choice."))
    if format == ExportFormat.XLSX and count > sheets.MOST_XLSX_ROWS:
        raise RuleError(
            _("An Excel file holds at most %(most)d customers here. Choose CSV.")
            % {"most": sheets.MOST_XLSX_ROWS}
        )
    asked = ExportRequest.objects.create(
        by=by,
        asked_at=now,
        purpose=purpose,
        reason=reason,
        filters=dict(filters),
        columns=[key for key in BY_KEY if key in columns],
        format=format,
        expected=count,
        teams=sorted(set(found.order_by().values_list("team", flat=True))),
    )
    notices.tell_asked(asked, now)
    return asked


@transaction.atomic
def decide(
    *, export: ExportRequest, approve: bool, by: User, now: dt.datetime
) -> ExportRequest:
    """Approve an export, which is made at once, or refuse it.

    Raises RuleError for who may not decide about it, such as the asker, and for what
    was decided before.
    """
    held = _held(export, ExportState.ASKED)
    if held.by_id == by.pk:
        raise RuleError(_("Somebody else has to approve what you asked for."))
    if not may_decide(held, by):
        raise RuleError(
            _("Only a data protection officer, or who leads every team whose customers "
              "are in it and is not led by whoever asked, decides about this export.")
        )  # fmt: skip
    held.decided_by, held.decided_at = by, now
    held.state = ExportState.RUNNING if approve else ExportState.REFUSED
    if approve:
        held.forget_at = now + KEPT
        held.job = _start(held, by, now)
    held.save(update_fields=["decided_by", "decided_at", "state", "forget_at", "job"])
    if not approve:
        notices.tell_refused(held, now)
    return held


@transaction.atomic
def withdraw(*, export: ExportRequest, now: dt.datetime) -> ExportRequest:
    """Take back what one asked for, before it is decided."""
    del now  # the audit log knows
    held = _held(export, ExportState.ASKED)
    held.state = ExportState.WITHDRAWN
    held.save(update_fields=["state"])
    return held


def fail(export: ExportRequest) -> Step:
    """Give up making it, and forget what was made so far."""
    export.state = ExportState.FAILED
    export.save(update_fields=["state"])
    ExportPart.objects.filter(export=export).delete()
    return Step(None, export.count, finished=True)


@transaction.atomic
def settle(*, export: ExportRequest) -> ExportRequest:
    """Return the export; where making it was cancelled or failed, it says so from now on."""
    held = ExportRequest.objects.select_for_update(of=("self",)).get(pk=export.pk)
    over = held.job is None or not held.job.active
    if held.state == ExportState.RUNNING and over:
        fail(held)
    return held


@transaction.atomic
def hand_out(*, export: ExportRequest, by: User, now: dt.datetime) -> ExportRequest:
    """Count and log one download. Raises RuleError where there is none to be had."""
    held = _held(export, ExportState.READY)
    if held.by_id != by.pk or not may(by, EXPORT):
        raise RuleError(_("Only whoever asked for this export can fetch it."))
    if held.forget_at is None or held.forget_at <= now:
        raise RuleError(_("This export is no longer kept. Ask for a new one."))
    if held.downloads >= MOST_DOWNLOADS:
        raise RuleError(
            _("It was fetched %(most)d times already. Ask for a new one.")
            % {"most": MOST_DOWNLOADS}
        )
    watch.count(by=by, now=now)  # nothing leaves while the person is stopped
    for part in ExportPart.objects.filter(export=held).iterator(chunk_size=4):
        if not isinstance(part.content, str):
            raise RuleError(str(part.content))
    held.downloads += 1  # the row is locked
    held.save(update_fields=["downloads"])
    record_export(
        model=ExportRequest,
        count=held.count,
        purpose=held.purpose,
        by=by,
        now=now,
        filters={"export": str(held.pk)},
    )
    return held


def table_of(export: ExportRequest, now: dt.datetime) -> Iterator[list[str]]:
    """Yield the rows of the file, the head first; each row carries the mark."""
    mark = watermark(export, now)
    yield [*(str(BY_KEY[key].label) for key in export.columns), _("Mark")]
    parts = ExportPart.objects.filter(export=export).order_by("place")
    for part in parts.iterator(chunk_size=4):
        for row in json.loads(str(part.content)):
            yield [*row, export.mark]
    yield [mark]


def watermark(export: ExportRequest, now: dt.datetime) -> str:
    """Return the sentence that tells whose copy it is, should it turn up elsewhere."""
    moment = localtime(now).strftime("%Y-%m-%d %H:%M")
    return _(
        "%(mark)s · fetched by %(who)s · %(when)s · for: %(purpose)s · confidential"
    ) % {
        "mark": export.mark,
        "who": f"{export.by} ({export.by.username})",
        "when": moment,
        "purpose": export.get_purpose_display(),
    }


@transaction.atomic
def forget(*, export: ExportRequest, now: dt.datetime) -> bool:
    """Delete what was exported; that it was, stays."""
    held = ExportRequest.objects.select_for_update().get(pk=export.pk)
    kept = (ExportState.READY, ExportState.FAILED, ExportState.RUNNING)
    if held.state not in kept or held.forget_at is None or held.forget_at > now:
        return False
    ExportPart.objects.filter(export=held).delete()
    held.state = ExportState.FORGOTTEN
    held.save(update_fields=["state"])
    return True


def _start(export: ExportRequest, by: User, now: dt.datetime) -> Job:
    # The work is the system's: whoever approves need not be able to ask.
    del by
    return start_job(kind=MAKE, params={"export": str(export.pk)}, by=None, now=now)


def _held(export: ExportRequest, *states: ExportState) -> ExportRequest:
    held = settle(export=export)
    if held.state not in states:
        raise RuleError(
            _("This export is “%(state)s”: that cannot be done now.")
            % {"state": held.get_state_display()}
        )
    return held
