"""Service levels: choose the one that fits a ticket, and revise a level."""

import datetime as dt
from typing import Any

from django.db import transaction

from servicedesk.staff.models import User
from tickets.models import Category, ServiceLevel, ServiceLevelVersion

_RULE = (
    "channel",
    "category_id",
    "customer_kind",
    "priority",
    "calendar_id",
    "first_response",
    "next_response",
    "resolution",
    "active",
)


def rule_of(level: ServiceLevel) -> dict[str, Any]:
    """Return the level's conditions and targets as they stand."""
    return {name: getattr(level, name) for name in _RULE}


@transaction.atomic
def publish_service_level(
    *, level: ServiceLevel, by: User | None, now: dt.datetime
) -> ServiceLevelVersion:
    """Freeze the level as it stands as its newest version, if it differs.

    Clocks that run keep the version they were started under.
    """
    ServiceLevel.objects.select_for_update().get(pk=level.pk)
    newest = level.versions.order_by("-number").first()
    rule = rule_of(level)
    if newest is not None and newest.rule == rule:
        return newest
    return ServiceLevelVersion.objects.create(
        level=level,
        number=(newest.number if newest else 0) + 1,
        rule=rule,
        by=by,
        at=now,
    )


def choose_service_level(
    *, channel: str, category: Category, customer_kind: str, priority: int
) -> ServiceLevelVersion | None:
    """Return the newest version of the first active level that fits; None if none."""
    for level in ServiceLevel.objects.filter(active=True):
        if _fits(level, channel, category, customer_kind, priority):
            return level.versions.order_by("-number").first()
    return None


def _fits(
    level: ServiceLevel, channel: str, category: Category, kind: str, priority: int
) -> bool:
    return (
        level.channel in {"", channel}
        and level.category_id in {None, category.pk, category.parent_id}
        and level.customer_kind in {"", kind}
        and level.priority in {None, priority}
    )
