"""Signing in and out as presence, and the live channels a person may listen to."""

import datetime as dt
from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from servicedesk.core.live.channels import register_channels
from servicedesk.core.live.publish import publish_signed_out
from servicedesk.staff.actions.presence import set_presence, sign_off
from servicedesk.staff.middleware import ENDED
from servicedesk.staff.models import PresenceState, User
from servicedesk.staff.queries import team_ids


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    user_logged_in.connect(signed_in, dispatch_uid="staff.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="staff.signed_out")
    register_channels("team", readable_teams)


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


def readable_teams(user: AbstractBaseUser, wanted: list[str]) -> list[str]:
    """Tell which of the channels "team:<id>" the user may listen to: their own teams'."""
    mine = {f"team:{team}" for team in team_ids(cast("User", user))}
    return [channel for channel in wanted if channel in mine]


def _now() -> dt.datetime:
    # Django's signal carries no time: this is the edge where it comes in.
    return timezone.now()  # noqa: TID251
