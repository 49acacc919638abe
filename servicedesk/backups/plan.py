"""What the plan says: when the next backup is due, and whether the last is too old."""

import datetime as dt
from typing import Final

from django.utils.timezone import get_default_timezone

from servicedesk.backups.models import (
    Backup,
    BackupPlan,
    BackupState,
    Drill,
    Generation,
)
from servicedesk.backups.models.plan import ONLY

AGAIN_AFTER: Final = dt.timedelta(minutes=30)
TRIES: Final = 3
"""So often is a backup of the plan begun for one time before the next one comes."""
_DAY: Final = dt.timedelta(days=1)


def current_plan(*, now: dt.datetime, lock: bool = False) -> BackupPlan:
    """Return the one plan; made with its defaults when there is none yet."""
    plan, _made = BackupPlan.objects.get_or_create(pk=ONLY, defaults={"since": now})
    if lock:
        return BackupPlan.objects.select_for_update().get(pk=ONLY)
    return plan


def slot_before(plan: BackupPlan, now: dt.datetime) -> dt.datetime:
    """Return the newest time of the plan that is not in the future."""
    slot = _at(_local(now).date(), plan.at)
    return slot if slot <= now else _at(_local(now).date() - _DAY, plan.at)


def next_slot(plan: BackupPlan, now: dt.datetime) -> dt.datetime:
    """Return the first time of the plan that is in the future."""
    slot = _at(_local(now).date(), plan.at)
    return slot if slot > now else _at(_local(now).date() + _DAY, plan.at)


def slot_due(plan: BackupPlan, *, now: dt.datetime) -> dt.datetime | None:
    """Return the time for which a backup is owed: it came, and none was made for it.

    One that failed is begun again after half an hour, a few times.
    """
    slot = slot_before(plan, now)
    if not plan.on or slot < plan.since:
        return None
    made = Backup.objects.exclude(generation=Generation.MANUAL).filter(due_at=slot)
    states = list(made.values_list("state", "ended_at").order_by("pk"))
    if not states:
        return slot
    state, ended = states[-1]
    if state != BackupState.FAILED or len(states) >= TRIES:
        return None
    return slot if ended and now - ended >= AGAIN_AFTER else None


def last_good() -> Backup | None:
    """Return the newest backup that is whole and there."""
    return Backup.objects.good().defer("manifest").first()


def last_proven() -> Drill | None:
    """Return the newest drill that put a backup back and found it whole."""
    return Drill.objects.proven().select_related("backup").defer("report").first()


def late_since(
    plan: BackupPlan, last: Backup | None, now: dt.datetime
) -> dt.datetime | None:
    """Return since when the last good backup is too old; None if it is not."""
    begun = last.started_at if last is not None and last.started_at else plan.since
    limit = begun + dt.timedelta(hours=plan.late_after_hours)
    return limit if now > limit else None


def drill_late_since(
    plan: BackupPlan, last: Drill | None, now: dt.datetime
) -> dt.datetime | None:
    """Return since when the last proven restore is too old; None if it is not."""
    ended = last.ended_at if last is not None and last.ended_at else plan.since
    limit = ended + dt.timedelta(days=plan.drill_late_after_days)
    return limit if now > limit else None


def generation_for(started_at: dt.datetime) -> Generation:
    """Return what a backup of the plan is: the first good one of its month or week.

    By the local calendar of the business; weeks begin on Monday.
    """
    day = _local(started_at).date()
    kept = Backup.objects.filter(state__in=[BackupState.GOOD, BackupState.REMOVED])
    month = _at(day.replace(day=1), dt.time())
    monthly = kept.filter(generation=Generation.MONTHLY, started_at__gte=month)
    if not monthly.exists():
        return Generation.MONTHLY
    week = _at(day - day.weekday() * _DAY, dt.time())
    weekly = kept.filter(
        generation__in=[Generation.WEEKLY, Generation.MONTHLY], started_at__gte=week
    )
    return Generation.DAILY if weekly.exists() else Generation.WEEKLY


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(get_default_timezone())


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    local = dt.datetime.combine(day, time, tzinfo=get_default_timezone())
    return local.astimezone(dt.UTC)
