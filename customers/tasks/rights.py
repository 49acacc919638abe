"""Periodic work about requests of the person, erasures, retention, care and profile."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q

from customers.actions import care, erasure_copy, rights_letters
from customers.actions.package import destroy_package
from customers.actions.profile import count_facts
from customers.actions.retention import purge_portion
from customers.actions.retention_rules import begin_due
from customers.actions.watch_rights import check_clock
from customers.actions.wishes import look_into
from customers.models import (
    OPEN_RIGHTS,
    CarePlan,
    PackageState,
    ProfileFacts,
    RetentionRule,
    RightsLetter,
    RightsLetterState,
    RightsPackage,
    RightsRequest,
    RightsWish,
)
from customers.queries.retention import PORTION
from servicedesk.core.database_time import database_time
from servicedesk.core.post import only_one
from servicedesk.core.sending import send_over_one_line
from servicedesk.core.wake import Broker, each_of

log = logging.getLogger(__name__)

BATCH = 200
LETTER_SECONDS = 30.0
RETENTION_SECONDS = 20.0
COUNTED_EVERY = dt.timedelta(hours=20)
RIGHTS_SENDER = 0x72696768747361  # the advisory lock of whoever sends these letters
_broker = Broker()


@shared_task(name="customers.sweep_rights_letters", soft_time_limit=120, time_limit=180)
def sweep_rights_letters() -> int:
    """Look into what came by the form, and send the letters that are due.

    A second sweep at the same time does nothing.
    """
    with only_one(RIGHTS_SENDER) as alone:
        if not alone:
            return 0
        now = database_time()
        rights_letters.mark_stuck(now=now())
        wishes = RightsWish.objects.order_by("created_at").values_list("pk", flat=True)
        each_of(wishes[:BATCH], lambda pk: look_into(pk=pk))
        return _send_due(time.monotonic() + LETTER_SECONDS, now)


def _send_due(deadline: float, now: Callable[[], dt.datetime]) -> int:
    due = RightsLetter.objects.filter(state=RightsLetterState.DUE, due_at__lte=now())
    return send_over_one_line(
        due.order_by("due_at").values_list("pk", flat=True)[:BATCH],
        send=lambda pk, line: rights_letters.send_letter(pk=pk, now=now(), line=line),
        put_off=lambda why: rights_letters.put_off(now=now(), why=why),
        until=deadline,
    )


@shared_task(name="customers.sweep_rights")
def sweep_rights() -> int:
    """Warn of limits, tell of those that passed, destroy packages whose time is up."""
    now = database_time()
    moment = now()
    due = RightsRequest.objects.filter(
        Q(warned_at=None, warn_at__lte=moment) | Q(overdue_at=None, due_at__lte=moment),
        state__in=OPEN_RIGHTS,
    )
    keys = due.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    done = each_of(keys, lambda pk: check_clock(pk=pk, now=now()))
    old = RightsPackage.objects.filter(
        state=PackageState.READY, expires_at__lte=moment
    ).values_list("pk", flat=True)[:BATCH]
    return done + each_of(old, lambda pk: destroy_package(pk=pk, now=now()))


@shared_task(name="customers.copy_erasures")
def copy_erasures() -> int:
    """Bring the copy of the ledger of erasures up to date."""
    added = erasure_copy.bring_up_to_date()
    for finding in erasure_copy.read().findings[:1]:
        log.error("The copy of the ledger of erasures is not whole: %s", finding)
    return added


@shared_task(name="customers.sweep_retention")
def sweep_retention() -> int:
    """Begin what is approved, purge what the rules say, for a while; return how many."""
    now, until = database_time(), time.monotonic() + RETENTION_SECONDS
    begin_due(now=now())
    done = held = 0
    # The rule that ran longest ago comes first: a long one keeps no other waiting.
    rules = RetentionRule.objects.filter(active=True)
    for rule in rules.order_by(F("run_at").asc(nulls_first=True), "key"):
        while time.monotonic() < until:
            portion = purge_portion(rule=rule, now=now())
            done, held = done + portion.purged, held + portion.held
            if portion.looked_at < PORTION:
                break
    if done or held:
        log.info("Retention rules purged %s rows; %s have to stay for now", done, held)
    return done


@shared_task(name="customers.sweep_care")
def sweep_care() -> int:
    """Cancel care without consent, and make due what plans say."""
    now = database_time()
    done = care.cancel_without_consent(now=now())
    plans = CarePlan.objects.filter(active=True).order_by("pk")
    return done + each_of(plans, lambda plan: care.generate(plan=plan, now=now()) > 0)


@shared_task(name="customers.count_profile")
def count_profile() -> int:
    """Count the profile of all customers once a day; say whether it was time."""
    moment = database_time()()
    newest = ProfileFacts.objects.first()
    if newest is not None and moment - newest.made_at < COUNTED_EVERY:
        return 0
    count_facts(now=moment)
    return 1


def nudge_rights_letters() -> None:
    """Wake the sender after the commit; if the broker is away the sweep does it."""
    transaction.on_commit(lambda: _broker.tell(sweep_rights_letters), robust=True)


def nudge_erasures() -> None:
    """Have the copy written soon after the commit, and the last letter sent."""
    transaction.on_commit(lambda: _broker.tell(copy_erasures), robust=True)
    nudge_rights_letters()
