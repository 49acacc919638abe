"""Each minute: what is due, what was lost, what is late; and the work itself.

The queue `drills` is for the worker that has the private key (BACKUP_IDENTITY_FILE).
"""

import uuid
from typing import Any, Final

from celery import shared_task
from django.db import transaction
from django.db.models import Q

from servicedesk.backups.actions.asking import ask_by_plan
from servicedesk.backups.actions.drilling import (
    ask_drill_by_plan,
    find_lost_drills,
    run_drill,
    take_drill,
)
from servicedesk.backups.actions.keeping import prune
from servicedesk.backups.actions.looking import look_for_good_ones
from servicedesk.backups.actions.making import run_backup, take_backup
from servicedesk.backups.actions.notices import tell_drill_late, tell_late
from servicedesk.backups.actions.sweeping import find_lost, sweep_failed
from servicedesk.backups.models import Backup, BackupState, Drill, DrillState
from servicedesk.backups.plan import (
    current_plan,
    drill_late_since,
    last_good,
    last_proven,
    late_since,
)
from servicedesk.backups.pulse import LEASE
from servicedesk.core.database_time import database_time
from servicedesk.core.tasks import is_stopping
from servicedesk.core.wake import Broker

LONGEST: Final = 12 * 3600
# A row says who is at it: the broker need not give it again when that takes long.
ONE_PIECE: Final[dict[str, Any]] = {
    "acks_late": False,
    "soft_time_limit": LONGEST,
    "time_limit": LONGEST + 300,
}
_broker = Broker()


@shared_task(name="backups.sweep")
def sweep() -> int:
    """Write down what the plan asks for, tell what is late, and wake a worker.

    It looks at rows only: the place of the backups is the business of the workers for
    long work, and alarms must come when none of those is alive.
    """
    now = database_time()
    ask_by_plan(now=now())
    _alarm()
    silent = Q(state=BackupState.RUNNING, beat_at__lt=now() - LEASE)
    waiting = Backup.objects.filter(Q(state=BackupState.DUE) | silent).exists()
    if waiting:
        _broker.tell(make_due)
    return int(waiting)


@shared_task(name="backups.make", **ONE_PIECE)
def make_due() -> int:
    """Give up what was lost, make the backup that waits, remove what is not kept."""
    if is_stopping():
        return 0
    now, holder = database_time(), uuid.uuid4()
    if find_lost(now=now()):
        sweep_failed(now=now())
    backup = take_backup(holder=holder, now=now())
    if backup is None:
        return 0
    run_backup(backup=backup, holder=holder, clock=now, ending=is_stopping)
    if Backup.objects.filter(pk=backup.pk, state=BackupState.GOOD).exists():
        prune(now=now())
    return 1


@shared_task(name="backups.tidy", soft_time_limit=1200, time_limit=1500)
def tidy() -> int:
    """Look whether the good ones are still there; remove what others left behind."""
    now = database_time()
    look_for_good_ones(now=now())
    return sweep_failed(now=now())


@shared_task(name="backups.sweep_drills")
def sweep_drills() -> int:
    """Write down the drill that the plan asks for, give up a lost one, wake a worker."""
    now = database_time()
    find_lost_drills(now=now())
    ask_drill_by_plan(now=now())
    waiting = Drill.objects.filter(state=DrillState.DUE).exists()
    if waiting:
        _broker.tell(drill_due)
    return int(waiting)


@shared_task(name="backups.drill", **ONE_PIECE)
def drill_due() -> int:
    """Make the drill that waits."""
    if is_stopping():
        return 0
    now, holder = database_time(), uuid.uuid4()
    drill = take_drill(holder=holder, now=now())
    if drill is None:
        return 0
    run_drill(drill=drill, holder=holder, clock=now, ending=is_stopping)
    return 1


def nudge() -> None:
    """Wake a worker after the commit; if the broker is away the sweep does it."""
    _after_commit(make_due)


def nudge_drills() -> None:
    """Wake the worker for drills after the commit, likewise."""
    _after_commit(drill_due)


def _after_commit(task: Any) -> None:
    transaction.on_commit(lambda: _broker.tell(task), robust=True)


def _alarm() -> None:
    """Tell of what is too old, each once."""
    moment = database_time()()
    plan = current_plan(now=moment)
    good, proven = last_good(), last_proven()
    if late_since(plan, good, moment):
        tell_late(good, now=moment)
    if drill_late_since(plan, proven, moment):
        tell_drill_late(proven, now=moment)
