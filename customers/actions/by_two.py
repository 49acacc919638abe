"""Decide about a change that waits for another person: never by who asked for it."""

import datetime as dt

from django.db import transaction

from customers.actions import notices
from customers.models import (
    WAITS,
    ChangeByTwo,
    ChangeState,
    LimitsChange,
    MaskChange,
)
from servicedesk.audit.batch import together
from servicedesk.staff.models import User


def decide(
    held: ChangeByTwo, state: ChangeState, *, by: User | None, now: dt.datetime
) -> None:
    """Write down what became of a locked change, and tell the others."""
    held.state, held.decided_by, held.decided_at = state, by, now
    held.save(update_fields=["state", "decided_by", "decided_at"])
    notices.tell_change(held, now=now)


@transaction.atomic
@together()
def lapse_due(*, now: dt.datetime) -> int:
    """End what nobody confirmed in time; return how many."""
    done = 0
    for model in (LimitsChange, MaskChange):
        rows = model.objects.select_for_update(skip_locked=True)
        due = rows.filter(state=ChangeState.WAITING, at__lte=now - WAITS)
        for held in due.order_by("pk"):
            decide(held, ChangeState.LAPSED, by=None, now=now)
            done += 1
    return done
