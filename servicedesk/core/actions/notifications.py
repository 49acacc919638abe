"""Keep how a person wants to hear of things."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from servicedesk.core.models import NotificationChoice, QuietHours, Way
from servicedesk.core.notifications.registry import find_kind


@transaction.atomic
def save_choices(
    *, user: Any, ways: Mapping[str, Way], quiet: Mapping[str, Any]
) -> None:
    """Save the way of each kind, and the quiet hours.

    What is chosen as the kind has it anyway is not written down: where the kind's
    own way changes, it changes for those who never minded.
    """
    for key, way in ways.items():
        kind = find_kind(key)
        mine = NotificationChoice.objects.filter(user=user, kind=key)
        if kind is not None and way == kind.way:
            mine.delete()
        elif not mine.filter(way=way).exists():
            NotificationChoice.objects.update_or_create(
                user=user, kind=key, defaults={"way": way}
            )
    QuietHours.objects.update_or_create(user=user, defaults=dict(quiet))
