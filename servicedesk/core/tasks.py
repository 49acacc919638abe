"""Periodic work of the foundation."""

import datetime as dt
import logging
import mmap
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import connection, transaction
from django.utils.timezone import localtime

from servicedesk.core.actions.jobs import start_job
from servicedesk.core.actions.key_backups import tell_unsaved
from servicedesk.core.actions.keys import count_values
from servicedesk.core.database_time import database_time
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.live.publish import KEPT, purge
from servicedesk.core.models import KeyCount, SecurityCheckRun
from servicedesk.core.notifications import mail
from servicedesk.core.notifications import notify as notifications
from servicedesk.core.operations.heartbeats import forget_silent, note_tick
from servicedesk.core.operations.request_ids import SENT_AT
from servicedesk.core.operations.sweeps import expect_sweeps
from servicedesk.core.post import Line, send_in_turn
from servicedesk.core.security_checks.jobs import JOB as SECURITY_JOB
from servicedesk.core.wake import Broker, stops_a_sweep

log = logging.getLogger(__name__)
COUNTED_EVERY: Final = dt.timedelta(hours=20)
CHECKED_EVERY: Final = dt.timedelta(hours=20)
CHECKED_AT_LATEST: Final = dt.timedelta(hours=36)
CHECKED_AT: Final = range(1, 6)  # hours of the night, in the desk's own time
SLICE_SECONDS: Final = 20.0
MAIL_SECONDS: Final = 30.0
PEOPLE: Final = 200
READ_KEPT: Final = dt.timedelta(days=90)
SENDER: Final = 0x6E6F74696365  # the advisory lock of whoever sends notifications
_broker = Broker()
# One byte that a worker and its children share: set when the worker shall stop.
_stopping = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def note_shutdown(**_kwargs: Any) -> None:
    """Let a job that is running end after its portion; another worker goes on."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Tell whether this worker was told to end: long work lets go."""
    return bool(_stopping[0])


@shared_task(name="core.tick", bind=True)
def tick(task: Any) -> str:
    """Write down that this queue is worked on; say which one it was."""
    queue = str(task.request.delivery_info["routing_key"])
    sent = getattr(task.request, SENT_AT, None)
    with connection.cursor() as cursor:
        sent_at = dt.datetime.fromisoformat(sent) if sent else database_time()()
        note_tick(cursor, queue=queue, sent_at=sent_at)
        expect_sweeps(cursor)
        forget_silent(cursor)
    return queue


@shared_task(name="core.purge_live_events")
def purge_live_events() -> int:
    """Delete live events that no browser is promised any more."""
    return purge(before=database_time()() - KEPT)


@shared_task(name="core.count_keys")
def count_keys() -> int:
    """Count the values by key once a day; say whether it was time."""
    moment = database_time()()
    newest = KeyCount.objects.order_by("-at").first()
    if newest is not None and moment - newest.at < COUNTED_EVERY:
        return 0
    count_values(now=moment)
    return 1


@shared_task(name="core.watch_key_backups")
def watch_key_backups() -> int:
    """Tell administrators of keys that no backup of keys holds; how many such keys."""
    return tell_unsaved(now=database_time()())


@shared_task(name="core.run_jobs")
def run_jobs() -> int:
    """Run one job for a while, then let the next have its turn; say how many ran."""
    if _stopping[0]:
        return 0
    now, holder = database_time(), uuid.uuid4()
    job = take_job(holder=holder, now=now())
    if job is None:
        return 0
    until = time.monotonic() + SLICE_SECONDS
    run_job(
        job=job,
        holder=holder,
        clock=now,
        enough=lambda: bool(_stopping[0]) or time.monotonic() > until,
    )
    if not _stopping[0]:
        _broker.tell(run_jobs)
    return 1


def nudge_jobs() -> None:
    """Wake a worker after the commit; if the broker is away the sweep does it."""
    transaction.on_commit(lambda: _broker.tell(run_jobs), robust=True)


@shared_task(name="core.start_security_check")
def start_security_check() -> int:
    """Start the security checks once a night, or when a night was missed."""
    now = database_time()()
    newest = SecurityCheckRun.objects.order_by("-started_at").first()
    night = localtime(now).hour in CHECKED_AT
    patience = CHECKED_EVERY if night else CHECKED_AT_LATEST
    if newest is not None and now - newest.started_at < patience:
        return 0
    try:
        start_job(kind=SECURITY_JOB, params={}, by=None, now=now)
    except RuleError:
        return 0  # one is under way
    nudge_jobs()
    return 1


@shared_task(name="core.purge_notifications")
def purge_notifications() -> int:
    """Delete notifications that were read long ago."""
    return notifications.purge(before=database_time()() - READ_KEPT)


@shared_task(name="core.send_notifications", soft_time_limit=120, time_limit=180)
def send_notifications() -> int:
    """Send what people are due by e-mail; a second sweep at once does nothing."""
    now = database_time()
    until = time.monotonic() + MAIL_SECONDS

    def work() -> int:
        mail.mark_stuck(now=now())
        return _send_due(until, now)

    return send_in_turn(
        SENDER,
        work=work,
        more=lambda: bool(mail.people_due(now=now(), most=1)),
        until=until,
    )


def _send_due(until: float, now: Callable[[], dt.datetime]) -> int:
    """Send over one connection until all is sent, time is up or nobody answers."""
    sent = 0
    with Line() as line:
        for person in mail.people_due(now=now(), most=PEOPLE):
            if line.trouble or time.monotonic() > until:
                break
            sent += _send_to(person, line, now())
        if line.trouble:
            mail.put_off(now=now(), why=line.trouble)
            log.warning("The mail server cannot be reached: %s", line.trouble)
    return sent


def nudge_notifications() -> None:
    """Wake the sender after the commit, for what cannot wait for the sweep."""
    transaction.on_commit(lambda: _broker.tell(send_notifications), robust=True)


def _send_to(person: int, line: Line, now: dt.datetime) -> int:
    """Send to one person; a fault is told and leaves the others alone."""
    try:
        return mail.send_to(user_id=person, now=now, line=line)
    except Exception as error:
        if stops_a_sweep(error):
            raise
        log.exception("A notification of %s could not be sent", person)
        return 0
