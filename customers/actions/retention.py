"""Keep data as long as the rules say: purge what is due, and get past what has to stay."""

import datetime as dt
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from customers.models import RetentionHeld, RetentionRule
from customers.queries.retention import (
    LOOK_AGAIN,
    PORTION,
    due_now,
    find_kind,
)
from servicedesk.audit.batch import together


class Portion(NamedTuple):
    """What came of one portion: how many rows went, and how many have to stay."""

    purged: int
    held: int

    @property
    def looked_at(self) -> int:
        return self.purged + self.held


@transaction.atomic
@together()
def purge_portion(*, rule: RetentionRule, now: dt.datetime) -> Portion:
    """Purge one portion of what a rule in force says; tell what went and what stayed.

    What has to stay is not looked at again for a day: the next portion gets past it.
    """
    held = (
        RetentionRule.objects.select_for_update(skip_locked=True)
        .filter(pk=rule.pk, active=True)
        .first()
    )
    kind = find_kind(held.key) if held else None
    if held is None or kind is None:
        return Portion(0, 0)
    RetentionHeld.objects.filter(rule=held, at__lte=now - LOOK_AGAIN).delete()
    due = due_now(held, now=now)
    rows = list(due[:PORTION]) if due is not None else []
    stay = (kind.purge(rows, now) if rows else None) or {}
    RetentionHeld.objects.bulk_create(
        RetentionHeld(
            rule=held, row=row.pk, name=kind.example(row), why=stay[row.pk], at=now
        )
        for row in rows
        if row.pk in stay
    )
    done = Portion(len(rows) - len(stay), len(stay))
    RetentionRule.objects.filter(pk=held.pk).update(
        run_at=now, purged=F("purged") + done.purged
    )
    return done
