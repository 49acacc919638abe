"""What follows when people prove again who they are, or change a second factor."""

from typing import Any, Final

from allauth.account.signals import authentication_step_completed
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.http import HttpRequest

from servicedesk.staff.actions.security import move_session
from servicedesk.staff.models import User
from servicedesk.staff.queries.second_factor import has_other_sessions

FACTOR_CHANGED: Final = "factor_changed"
"""In the session: the pages of the account offer to end the other sessions."""


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    authentication_step_completed.connect(proved, dispatch_uid="staff.proved")
    for change in (authenticator_added, authenticator_removed, authenticator_reset):
        change.connect(factor_changed, dispatch_uid="staff.factor_changed")


def proved(
    request: HttpRequest,
    user: User,
    *,
    reauthenticated: bool = False,
    **_kwargs: Any,
) -> None:
    """Give the session a new key at each new proof; the old one opens nothing more.

    The other tabs of the browser share its cookie, so they go on.
    """
    before = request.session.session_key
    if reauthenticated and before:
        request.session.cycle_key()
        after = request.session.session_key
        assert after
        move_session(user=user, before=before, after=after)


def factor_changed(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Remember to offer that all other sessions are ended, where there are any."""
    if has_other_sessions(user, request.session.session_key or ""):
        request.session[FACTOR_CHANGED] = True
