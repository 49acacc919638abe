"""Signing in and out as presence, and the live channels a person may listen to."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from allauth.account.signals import (
    password_changed,
    password_reset,
    password_set,
)
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from servicedesk.core.live.channels import register_channels
from servicedesk.core.live.publish import publish_signed_out
from servicedesk.core.models import SecurityCheckRun
from servicedesk.core.notifications.registry import (
    register_hearing,
    register_presence,
)
from servicedesk.core.signals import security_found
from servicedesk.staff.actions import (
    access_notices,
    letters,
    reminders,
    security_notices,
    telling,
)
from servicedesk.staff.actions.passwords import note_own
from servicedesk.staff.actions.presence import set_presence, sign_off
from servicedesk.staff.adapters import proofs
from servicedesk.staff.clearance import guards
from servicedesk.staff.middleware import ENDED
from servicedesk.staff.models import Presence, PresenceState, User
from servicedesk.staff.queries import second_factor, team_ids


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    user_logged_in.connect(signed_in, dispatch_uid="staff.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="staff.signed_out")
    for chosen in (password_changed, password_set, password_reset):
        chosen.connect(chose_password, dispatch_uid="staff.chose_password")
    register_channels("team", readable_teams)
    register_presence(who_is_here)
    register_hearing(who_may_hear)
    proofs.connect()
    second_factor.connect()
    letters.register()
    reminders.register()
    telling.register()
    security_notices.register()
    access_notices.register()
    security_found.connect(found_bad, dispatch_uid="staff.security_found")


def signed_in(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Set the person online, and forget why an earlier session ended."""
    session = getattr(request, "session", {})
    session.pop(ENDED, None)
    set_presence(user=user, state=PresenceState.ONLINE, now=_now())


def signed_out(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    """Set the person offline, and end the live stream of this session."""
    if user is None:
        return
    with transaction.atomic():
        sign_off(user=user, now=_now())
        publish_signed_out(user_id=user.pk, session_key=request.session.session_key)


def chose_password(user: User, **_kwargs: Any) -> None:
    """Take note that the password is the person's own now."""
    note_own(user=user)


def found_bad(
    run: SecurityCheckRun, count: int, now: dt.datetime, **_kwargs: Any
) -> None:
    """Tell those who answer for the system's safety."""
    security_notices.tell_found(run=run, count=count, now=now)


def readable_teams(user: AbstractBaseUser, wanted: list[str]) -> list[str]:
    """Tell which of the channels "team:<id>" the user may listen to: their own teams'."""
    mine = {f"team:{team}" for team in team_ids(cast("User", user))}
    return [channel for channel in wanted if channel in mine]


def who_is_here(users: Sequence[int]) -> set[int]:
    """Return those of the users who are online or busy."""
    here = Presence.objects.filter(
        user__in=users, state__in=[PresenceState.ONLINE, PresenceState.BUSY]
    )
    return set(here.values_list("user", flat=True))


def who_may_hear(permission: str) -> str:
    """Keep what is of customers from those who are not cleared."""
    return "staff_cleared(given.user_id)" if guards(permission) else ""


def _now() -> dt.datetime:
    # Django's signal carries no time: this is the edge where it comes in.
    return timezone.now()  # noqa: TID251
