"""Periodic work about imports and exports."""

from celery import shared_task

from customers.actions import export, import_file
from customers.models import ExportRequest, ExportState, ImportBatch
from servicedesk.core.database_time import database_time
from servicedesk.core.errors import RuleError

_AT_ONCE = 100


@shared_task(name="customers.forget_moved")
def forget_moved() -> int:
    """Delete imported files and exports that are past their time."""
    now = database_time()()
    done = 0
    old = ImportBatch.objects.filter(forget_at__lte=now, forgotten_at=None)
    for batch in old.order_by("forget_at")[:_AT_ONCE]:
        try:
            done += import_file.forget(batch=batch, now=now)
        except RuleError:
            continue  # work on it is under way: the next time
    kept = (ExportState.READY, ExportState.FAILED, ExportState.RUNNING)
    past = ExportRequest.objects.filter(forget_at__lte=now, state__in=kept)
    for each in past.order_by("forget_at")[:_AT_ONCE]:
        done += export.forget(export=each, now=now)
    return done
