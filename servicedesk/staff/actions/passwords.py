"""A password that somebody else chose is good for some days, and for one sign-in."""

import datetime as dt

from django.conf import settings
from django.db import transaction

from servicedesk.staff.models import User


@transaction.atomic
def note_given(*, user: User, now: dt.datetime) -> User:
    """Write down that the password is one that somebody else chose."""
    user.password_given_at = now
    user.save(update_fields=["password_given_at"])
    return user


@transaction.atomic
def note_own(*, user: User) -> User:
    """Write down that the person has chosen the password."""
    if user.password_given_at is not None:
        user.password_given_at = None
        user.save(update_fields=["password_given_at"])
    return user


def has_expired(user: User, *, now: dt.datetime) -> bool:
    """Tell whether the password was given too long ago to let anybody in."""
    given = user.password_given_at
    days = dt.timedelta(days=settings.FIRST_PASSWORD_DAYS)
    return given is not None and given + days <= now
