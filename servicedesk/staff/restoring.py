"""After a restore everybody signs in again: a session that was ended since would be back."""

from collections.abc import Mapping
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from servicedesk.core.restoring import Restored, register_restore_step


def register() -> None:
    """Register it; from `ready()`."""
    register_restore_step("staff.sessions", end_sessions)


def end_sessions(restored: Restored) -> Mapping[str, Any]:
    """End every session that the backup brought back."""
    del restored
    UserSession.objects.all().delete()
    ended, _by_model = Session.objects.all().delete()
    return {"ended": ended}
