"""Close what is open to a person, and give an account back to who lost the key."""

import datetime as dt
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef

from servicedesk.core.live.publish import (
    EVERY_SESSION,
    SIGNED_OUT,
    publish,
    publish_signed_out,
)
from servicedesk.staff.models import User


@transaction.atomic
def end_sessions(*, user: User) -> int:
    """Sign the person out everywhere; returns how many sessions were known.

    For closing an account. Live streams end at once, pages at their next request.
    """
    sessions = list(UserSession.objects.filter(user=user))
    for each in sessions:
        each.end()
    publish_signed_out(user_id=user.pk)
    return len(sessions)


@transaction.atomic
def end_streams(*, users: Iterable[User]) -> None:
    """End the live streams of people whose rights changed; their sessions go on.

    A stream tells what its reader might hear when it began: rights are asked again.
    """
    channels = [f"user:{user.pk}" for user in users]
    publish(channels=channels, kind=SIGNED_OUT, ref=EVERY_SESSION)


@transaction.atomic
def end_oldest_sessions(*, user: User, keep: int, current: str) -> int:
    """Sign the person out where they signed in longest ago; returns in how many places.

    At most `keep` sessions go on; the one with the key `current` is one of them.
    """
    others = UserSession.objects.filter(user=user).exclude(session_key=current)
    surplus = list(others.order_by("-created_at", "-pk")[max(keep - 1, 0) :])
    for each in surplus:
        each.end()
        publish_signed_out(user_id=user.pk, session_key=each.session_key)
    return len(surplus)


@transaction.atomic
def end_other_sessions(*, user: User, current: str, only: int | None = None) -> int:
    """Sign the person out everywhere but here, or in one other place alone.

    Returns in how many places. `current` is the key of the session that asks.
    """
    others = UserSession.objects.filter(user=user).exclude(session_key=current)
    ended = list(others if only is None else others.filter(pk=only))
    for each in ended:
        each.end()
        publish_signed_out(user_id=user.pk, session_key=each.session_key)
    return len(ended)


@transaction.atomic
def move_session(*, user: User, before: str, after: str) -> None:
    """Let what is known of a session follow it to its new key.

    Streams that were opened with the old one end; pages open them anew.
    """
    UserSession.objects.filter(user=user, session_key=before).update(session_key=after)
    publish_signed_out(user_id=user.pk, session_key=before)


@transaction.atomic
def forget_sessions(*, now: dt.datetime) -> int:
    """Delete sessions past their time, and what was known of where they were."""
    old = Session.objects.filter(expire_date__lt=now)
    count, _by_model = old.delete()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(alive)).delete()
    return count


@transaction.atomic
def remove_second_factors(*, user: User) -> int:
    """Remove app, passkeys and recovery codes; the password is then enough.

    Returns how many were removed. Deletes one by one, so that each is audited.
    """
    mine = list(Authenticator.objects.filter(user=user))
    for each in mine:
        each.delete()
    return len(mine)
