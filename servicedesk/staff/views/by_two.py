"""One change that waits for another person, as a line of a list: what all of them show."""

import datetime as dt
from typing import Any

from django.utils.translation import pgettext

from servicedesk.staff.models import WAITS, ChangeByTwo, ChangeState, User


def line(change: ChangeByTwo, user: User, *, at: dt.datetime) -> dict[str, Any]:
    """Return what every such line shows; the page adds addresses and values."""
    waits = change.state == ChangeState.WAITING and at < change.at + WAITS
    return {
        "change": change,
        "state": _state(change, waits=waits),
        "tone": "warn" if waits else "",
        "waits": waits,
        "until": change.at + WAITS,
        "mine": change.by_id == user.pk,
    }


def _state(change: ChangeByTwo, *, waits: bool) -> str:
    """Say what became of it: dropped by who asked is withdrawn, by others declined."""
    if change.state == ChangeState.DROPPED:
        if change.decided_by_id == change.by_id:
            return pgettext("change by two", "Withdrawn")
        return pgettext("change by two", "Declined")
    if change.state == ChangeState.WAITING and not waits:
        return str(ChangeState.LAPSED.label)
    return str(ChangeState(change.state).label)
