"""Periodic work on tickets: find what is due, hand each row to its action."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from celery import current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils.timezone import now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tickets.actions import follow_up, letters
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
K = TypeVar("K")
BATCH = 500
LETTER_SECONDS = 30.0
BROKER_REST = 30.0  # seconds in which a broker that failed is not told again
IMPATIENT = {
    "max_retries": 1,
    "interval_start": 0,
    "connect_retries_timeout": 1,
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
}
SENDER = 0x6C657474657273  # the advisory lock of whoever sends letters


@dataclass
class _Broker:
    rests_until: float = 0.0


_broker = _Broker()


@shared_task(name="tickets.sweep_letters", soft_time_limit=120, time_limit=180)
def sweep_letters() -> int:
    """Send the letters that are due; a second sweep at the same time does nothing."""
    with _only_sender() as alone:
        if not alone:
            return 0
        letters.mark_stuck(now=now())
        deadline = time.monotonic() + LETTER_SECONDS
        done = _send_due(deadline)
    if time.monotonic() > deadline:
        _wake()  # the rest, as a new task
    return done


def _send_due(deadline: float) -> int:
    """Send over one connection until all is sent, time is up or nobody answers."""
    due = Letter.objects.filter(state=LetterState.DUE, due_at__lte=now())
    keys = due.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    with letters.Line() as line:

        def while_it_goes() -> Iterator[UUID]:
            for key in keys:
                if line.trouble or time.monotonic() > deadline:
                    return
                yield key

        done = _each(
            while_it_goes(),
            lambda pk: letters.send_letter(pk=pk, now=now(), line=line),
        )
        if line.trouble:
            letters.put_off(now=now(), why=line.trouble)
            log.warning("The mail server cannot be reached: %s", line.trouble)
    return done


@contextlib.contextmanager
def _only_sender() -> Iterator[bool]:
    """Tell whether nobody else is sending; the lock ends with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SENDER])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            _free_sender()


def _free_sender() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SENDER])
    except DatabaseError:
        connection.close()  # which frees it, too


@shared_task(name="tickets.sweep_follow_ups")
def sweep_follow_ups() -> int:
    """Take the steps that follow-ups have come to."""
    due = FollowUp.objects.filter(stage__in=OWED, next_at__lte=now())
    keys = due.order_by("next_at").values_list("pk", flat=True)[:BATCH]
    return _each(keys, lambda pk: bool(follow_up.advance(pk=pk, now=now())))


@shared_task(name="tickets.sweep_clocks")
def sweep_clocks() -> int:
    """Warn of promises that are about to break, and note those that broke."""
    moment = now()
    due = ServiceClock.objects.filter(
        Q(due_at__lt=moment) | Q(warned_at__isnull=True, warn_at__lte=moment),
        state=ClockState.RUNNING,
        breached_at__isnull=True,
    )
    keys = due.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    return _each(keys, lambda pk: check_clock(pk=pk, now=now()))


def nudge_letters() -> None:
    """Wake the sender after a commit; if the broker is away the sweep does it."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    """Tell the broker; a page that waits for it waits a second or two, then no more.

    On a connection of its own: the workers' may try for long, a page's may not.
    """
    if time.monotonic() < _broker.rests_until:
        return
    try:
        with (
            current_app.connection_for_write(
                connect_timeout=1, transport_options=IMPATIENT
            ) as line,
            current_app.amqp.Producer(line, auto_declare=False) as producer,
        ):
            sweep_letters.apply_async(
                producer=producer, retry=False, ignore_result=True
            )
    except (OperationalError, RedisError, OSError):
        _broker.rests_until = time.monotonic() + BROKER_REST
        log.warning("The broker could not be reached; the sweep will send the letters")


def _each(keys: Iterable[K], act: Callable[[K], bool]) -> int:
    """Do one row after the other; a row that fails is told and leaves the rest alone."""
    done = 0
    for key in keys:
        try:
            done += bool(act(key))
        except (DatabaseError, SoftTimeLimitExceeded):
            raise
        except Exception:
            log.exception("A due row could not be dealt with: %s", key)
    return done
