"""Service levels: choose the one that fits a ticket, and revise a level."""

import datetime as dt
from typing import Any

from django.db import transaction

from servicedesk.staff.models import User
from tickets.models import ServiceLevel, ServiceLevelVersion

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
