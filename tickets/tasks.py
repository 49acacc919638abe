"""Periodic work on tickets: find what is due, hand each row to its action."""

import logging
from collections.abc import Callable, Iterable

from celery import shared_task
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils.timezone import now
from kombu.exceptions import OperationalError

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
BATCH = 500


@shared_task(name="tickets.sweep_letters")
def sweep_letters() -> int:
    """Send the letters that are due; what one worker takes another skips."""
    letters.mark_stuck(now=now())
    due = Letter.objects.filter(state=LetterState.DUE, due_at__lte=now())
    keys = due.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    return _each(keys, lambda pk: letters.send_letter(pk=pk, now=now()))


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
    transaction.on_commit(_wake)


def _wake() -> None:
    try:
        sweep_letters.apply_async(retry=False, ignore_result=True)
    except OperationalError:
        log.warning("The broker could not be reached; the sweep will send the letters")


def _each(keys: Iterable[object], act: Callable[..., bool]) -> int:
    """Do one row after the other; a row that fails is told and leaves the rest alone."""
    done = 0
    for key in list(keys):
        try:
            done += bool(act(key))
        except DatabaseError:
            raise
        except Exception:
            log.exception("A due row could not be dealt with: %s", key)
    return done
