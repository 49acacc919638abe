"""Keep so many of each generation, and remove those before them."""

import datetime as dt

from django.db import transaction

from servicedesk.backups.actions.sweeping import sweep_backup
from servicedesk.backups.live import tell
from servicedesk.backups.models import Backup, BackupState, Drill, Generation
from servicedesk.backups.plan import current_plan, last_proven


def prune(*, now: dt.datetime) -> list[Backup]:
    """Remove what the plan does not keep any more; those that were removed.

    Never the newest good one, whatever the plan says, nor one that a drill is at or
    the last that a drill has proven.
    """
    removed = [pk for pk in _superfluous(now) if _remove(pk, now)]
    for pk in removed:
        sweep_backup(pk=pk, now=now)
    return list(Backup.objects.filter(pk__in=removed).defer("manifest"))


def _superfluous(now: dt.datetime) -> list[int]:
    plan = current_plan(now=now)
    keep = {
        Generation.DAILY: plan.keep_daily,
        Generation.WEEKLY: plan.keep_weekly,
        Generation.MONTHLY: plan.keep_monthly,
        Generation.MANUAL: plan.keep_manual,
    }
    good = list(Backup.objects.good().values_list("pk", "generation"))
    found = [
        pk
        for generation, number in keep.items()
        for pk in [pk for pk, own in good if own == generation][number:]
    ]
    spared = {good[0][0]} if good else set()
    proven = last_proven()
    if proven is not None and proven.backup_id is not None:
        spared.add(proven.backup_id)
    spared |= set(Drill.objects.unfinished().values_list("backup_id", flat=True))
    return [pk for pk in found if pk not in spared]


@transaction.atomic
def _remove(pk: int, now: dt.datetime) -> bool:
    """Note that it goes, before anything of it does."""
    row = Backup.objects.select_for_update().get(pk=pk)
    if not row.may_become(BackupState.REMOVED):
        return False
    row.state, row.removed_at, row.swept = BackupState.REMOVED, now, False
    row.save(update_fields=["state", "removed_at", "swept"])
    tell(row)
    return True
