"""Each minute: is a drill due, was one lost; and the drill itself, on its own machine.

The queue `drills` is for the worker that has the private key (BACKUP_IDENTITY_FILE).
"""

import logging
import uuid
from typing import Final

from celery import shared_task
from django.db import transaction

from servicedesk.backups.actions.drilling import (
    ask_drill_by_plan,
    find_lost_drills,
    run_drill,
    take_drill,
)
from servicedesk.backups.models import Drill, DrillState
from servicedesk.core.database_time import database_time
from servicedesk.core.tasks import is_stopping
from servicedesk.core.wake import Broker

log = logging.getLogger(__name__)
LONGEST: Final = 12 * 3600
_broker = Broker()


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


# Its row says who is at it: the broker need not give it again when that takes long.
@shared_task(
    name="backups.drill",
    acks_late=False,
    soft_time_limit=LONGEST,
    time_limit=LONGEST + 300,
)
def drill_due() -> int:
    """Make the drill that waits."""
    if is_stopping():
        return 0
    now, holder = database_time(), uuid.uuid4()
    drill = take_drill(holder=holder, now=now())
    if drill is None:
        return 0
    run_drill(drill=drill, holder=holder, clock=now)
    return 1


def nudge_drills() -> None:
    """Wake a worker after the commit; if the broker is away the sweep does it."""
    transaction.on_commit(lambda: _broker.tell(drill_due), robust=True)
