"""What waits for another person: take it to decide about it."""

import datetime as dt
from typing import TypeVar

from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.models import WAITS, ChangeByTwo, ChangeState

Change = TypeVar("Change", bound=ChangeByTwo)


def waiting(change: Change, *, now: dt.datetime) -> Change:
    """Lock a change that still waits. Raises RuleError if it does so no longer."""
    rows = type(change).objects.select_for_update(of=("self",))
    found = rows.filter(pk=change.pk, state=ChangeState.WAITING, at__gt=now - WAITS)
    held = found.select_related("by").first()
    if held is None:
        raise RuleError(_("This change waits no longer."))
    return held
