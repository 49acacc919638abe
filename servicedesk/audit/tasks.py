"""Seal each minute, make and drop months, verify by night; and who a task acts as."""

import datetime as dt
import logging
from contextlib import ExitStack
from typing import Any, Final

from celery import shared_task
from celery.signals import task_postrun, task_prerun
from django.db import DatabaseError
from django.utils import timezone

from servicedesk.audit import partitions
from servicedesk.audit.context import Acting, acting
from servicedesk.audit.keys import SealKeyError
from servicedesk.audit.models import Verification
from servicedesk.audit.outside import RolledBackError
from servicedesk.audit.retention import drop_old_months
from servicedesk.audit.sealing import seal_settled
from servicedesk.audit.verdicts import verify_and_record

log = logging.getLogger(__name__)
_NIGHT: Final = range(1, 6)
_SOON: Final = dt.timedelta(hours=20)
_AT_LATEST: Final = dt.timedelta(hours=36)
_LONGEST: Final = 6 * 3600
_running: dict[str, ExitStack] = {}


@shared_task(name="audit.seal", soft_time_limit=120, time_limit=180)
def seal() -> int:
    """Seal the settled entries; another sealer at the same time does nothing."""
    try:
        return seal_settled(now=timezone.now())
    except (SealKeyError, RolledBackError) as error:
        # The entries are safe and wait; a person must put this right.
        log.error("The audit log is not being sealed: %s", error)  # noqa: TRY400
        return 0


@shared_task(name="audit.keep_months", soft_time_limit=120, time_limit=180)
def keep_months() -> int:
    """Make the next months' partitions, and drop those whose time is up."""
    now = timezone.now()
    try:
        made = partitions.ensure(now=now)
        return len(made) + len(drop_old_months(now=now))
    except (DatabaseError, SealKeyError, RolledBackError) as error:
        # Entries without a month are kept by the default partition meanwhile.
        log.error("The months of the audit log are not kept up: %s", error)  # noqa: TRY400
        return 0


# Not given again to another worker while it runs: it may take longer than that.
@shared_task(
    name="audit.verify_nightly",
    acks_late=False,
    soft_time_limit=_LONGEST,
    time_limit=_LONGEST + 60,
)
def verify_nightly() -> bool:
    """Verify the whole log once a night, and keep the verdict."""
    now = timezone.now()
    last = Verification.objects.first()
    if last is not None and now - last.started_at < _patience(now):
        return False
    verify_and_record(clock=timezone.now)
    return True


def _patience(now: dt.datetime) -> dt.timedelta:
    night = timezone.localtime(now).hour in _NIGHT
    return _SOON if night else _AT_LATEST


# --- the name of a task on what it writes ---


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    task_prerun.connect(_begin, dispatch_uid="audit.task_begins")
    task_postrun.connect(_end, dispatch_uid="audit.task_ends")


def _begin(task_id: str, task: Any, **_kwargs: Any) -> None:
    stack = _running[task_id] = ExitStack()
    stack.enter_context(acting(Acting(source=f"task {task.name}")))


def _end(task_id: str, **_kwargs: Any) -> None:
    _running.pop(task_id, ExitStack()).close()
