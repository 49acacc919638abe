"""Periodic work on tickets: find what is due, hand each row to its action."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from celery import shared_task
from django.db import transaction
from django.db.models import Q, QuerySet

from customers.actions.search import forget_searches as forget_customer_searches
from servicedesk.core.database_time import database_time
from servicedesk.core.post import only_one, send_in_turn
from servicedesk.core.sending import send_over_one_line
from servicedesk.core.wake import Broker as _Broker
from servicedesk.core.wake import each_of
from tickets.actions import follow_up, intake, letters, stored_files, texts
from tickets.actions.search import forget_searches
from tickets.actions.watch_clocks import check_clock
from tickets.models import (
    OWED,
    ClockState,
    FollowUp,
    Letter,
    LetterState,
    ServiceClock,
)

log = logging.getLogger(__name__)
BATCH = 500
LETTER_SECONDS = 30.0
FOLLOW_UP_SECONDS = 30.0
CLOCK_SECONDS = 30.0
FORM_SECONDS = 30.0
TEXT_SECONDS = 5.0  # what more there is to read waits for the next tick
SENDER = 0x6C657474657273  # the advisory lock of whoever sends letters
READER = 0x7265616465720A  # the advisory lock of whoever reads texts for search


_broker = _Broker()


@shared_task(name="tickets.sweep_letters", soft_time_limit=120, time_limit=180)
def sweep_letters() -> int:
    """Send the letters that are due; a second sweep at the same time does nothing."""
    now = database_time()
    deadline = time.monotonic() + LETTER_SECONDS

    def work() -> int:
        letters.mark_stuck(now=now())
        return _send_due(deadline, now)

    done = send_in_turn(
        SENDER, work=work, more=lambda: _due_letters(now).exists(), until=deadline
    )
    if time.monotonic() > deadline:
        _wake()  # the rest, as a new task
    return done


def _due_letters(now: Callable[[], dt.datetime]) -> QuerySet[Letter]:
    return Letter.objects.filter(state=LetterState.DUE, due_at__lte=now())


def _send_due(deadline: float, now: Callable[[], dt.datetime]) -> int:
    keys = _due_letters(now).order_by("due_at").values_list("pk", flat=True)[:BATCH]
    return send_over_one_line(
        keys,
        send=lambda pk, line: letters.send_letter(pk=pk, now=now(), line=line),
        put_off=lambda why: letters.put_off(now=now(), why=why),
        until=deadline,
    )


@shared_task(name="tickets.sweep_texts")
def sweep_texts() -> int:
    """Have search know what was written; more than one at it would only be in the way."""
    now, done = database_time(), 0
    with only_one(READER) as alone:
        deadline = time.monotonic() + TEXT_SECONDS
        while alone and time.monotonic() < deadline:
            batch = texts.read_due(now=now())
            done += batch.rows
            if batch.rows < texts.BATCH:
                break
    return done


@shared_task(name="tickets.forget_searches")
def forget_old_searches() -> int:
    """Forget what was searched for more than a day ago."""
    now = database_time()()
    return forget_searches(now=now) + forget_customer_searches(now=now)


@shared_task(name="tickets.sweep_follow_ups")
def sweep_follow_ups() -> int:
    """Take the steps that follow-ups have come to, batch after batch for a while."""
    now = database_time()
    deadline = time.monotonic() + FOLLOW_UP_SECONDS
    done, more = 0, True
    while more and time.monotonic() < deadline:
        due = FollowUp.objects.filter(stage__in=OWED, next_at__lte=now())
        keys = list(due.order_by("next_at").values_list("pk", flat=True)[:BATCH])
        taken = each_of(keys, lambda pk: bool(follow_up.advance(pk=pk, now=now())))
        done += taken
        # Rows that cannot be dealt with stay due: they wait for the next tick.
        more = taken > 0 and len(keys) == BATCH
    return done


@shared_task(name="tickets.sweep_clocks")
def sweep_clocks() -> int:
    """Warn of promises that are about to break, and note those that broke."""
    now = database_time()
    deadline = time.monotonic() + CLOCK_SECONDS
    done, more = 0, True
    while more and time.monotonic() < deadline:
        moment = now()
        due = ServiceClock.objects.filter(
            Q(due_at__lt=moment) | Q(warned_at__isnull=True, warn_at__lte=moment),
            state=ClockState.RUNNING,
            breached_at__isnull=True,
        )
        keys = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH])
        taken = each_of(keys, lambda pk: check_clock(pk=pk, now=now()))
        done += taken
        # What somebody holds, or cannot be dealt with, waits for the next tick.
        more = taken > 0 and len(keys) == BATCH
    return done


@shared_task(name="tickets.forget_forms")
def forget_old_forms() -> int:
    """Forget which forms were posted a month ago, portion after portion for a while."""
    now = database_time()
    deadline = time.monotonic() + FORM_SECONDS
    done, more = 0, True
    while more and time.monotonic() < deadline:
        gone = intake.forget(now=now(), most=BATCH)
        done += gone
        more = gone == BATCH
    return done


@shared_task(name="tickets.sweep_orphan_files")
def sweep_orphan_files() -> int:
    """Put files aside that no message names, and forget those of a month ago."""
    now = database_time()
    moved = stored_files.put_orphans_aside(now=now())
    if moved:
        log.warning("%s files that no message names were put aside", moved)
    stored_files.forget_orphans(now=now())
    return moved


def nudge_letters() -> None:
    """Wake the sender after a commit; if the broker is away the sweep does it."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    _broker.tell(sweep_letters)
