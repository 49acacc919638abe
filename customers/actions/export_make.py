"""Make an export that was approved, portion by portion, as whoever asked may see it."""

import datetime as dt
import json
from uuid import UUID

from django.utils.translation import override

from customers.actions import moving_notices as notices
from customers.actions.export import fail
from customers.actions.export_reads import last_as_long_as_grants, read_by_export
from customers.actions.honey import touched
from customers.actions.watch import StoppedError
from customers.models import (
    AlarmHow,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    ExportPart,
    ExportRequest,
    ExportState,
)
from customers.permissions import EXPORT
from customers.queries.export_rows import Rows, chosen, rows_of
from servicedesk.audit.actions import record_export
from servicedesk.core.access import may
from servicedesk.core.jobs.registry import Step
from servicedesk.core.models import Job

PORTION = 500


def make(job: Job, now: dt.datetime) -> Step:
    """Write one portion of an export, as whoever asked may see it at this moment."""
    export = ExportRequest.objects.select_for_update(of=("self",)).get(
        pk=UUID(job.params["export"])
    )
    if export.state != ExportState.RUNNING:
        return Step(None, export.count, finished=True)
    if not may(export.by, EXPORT):
        return fail(export)
    after = (job.cursor or {}).get("after")
    place = int((job.cursor or {}).get("place", 0))
    some = chosen(export.filters, export.by).order_by("pk")
    if (
        export.teams
    ):  # those that were asked for before teams were written down have none
        some = some.filter(team__in=export.teams)
    if after:
        some = some.filter(pk__gt=UUID(after))
    with override(export.by.language):
        # What was approved was so many: who came since is in the next export.
        most = min(PORTION, max(0, export.expected - export.count))
        rows = rows_of(some[:most], export.by, export.columns)
    try:
        read_by_export(export=export, customers=rows.read, now=now)
    except StoppedError:
        return fail(export)
    if rows.lines:
        _keep(export, place, rows, now)
    total = max(export.expected, export.count)
    if len(rows.customers) == PORTION:
        cursor = {"after": str(rows.customers[-1].pk), "place": place + 1}
        return Step(cursor, export.count, total)
    return _ready(export, now)


def _ready(export: ExportRequest, now: dt.datetime) -> Step:
    export.state, export.ready_at = ExportState.READY, now
    export.save(update_fields=["state", "ready_at"])
    notices.tell_ready(export, now)
    record_export(
        model=Customer,
        count=export.count,
        purpose=export.purpose,
        by=export.by,
        now=now,
        filters={"export": str(export.pk)},
    )
    return Step(None, export.count, export.count, finished=True)


def _keep(export: ExportRequest, place: int, rows: Rows, now: dt.datetime) -> None:
    text = json.dumps(rows.lines, ensure_ascii=False)
    ExportPart.objects.create(export=export, place=place, content=text)
    CustomerEvent.objects.bulk_create(
        CustomerEvent(
            customer=customer,
            kind=CustomerEventKind.EXPORTED,
            by=export.by,
            at=now,
            fields=export.columns,
            about=export.pk,
        )
        for customer in rows.customers
    )
    keys = [each.pk for each in rows.customers]
    touched(keys, how=AlarmHow.EXPORT, by=export.by, now=now)
    export.count += len(keys)
    export.save(update_fields=["count"])
    if rows.read:
        last_as_long_as_grants(export=export, customers=rows.read)
