"""A password that somebody else chose is good for some days, and for one sign-in."""

import datetime as dt
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.crypto import get_random_string

from servicedesk.staff.actions.letters import tell_password_set
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import User

# Told from mouth to ear: nothing that is taken for something else. 79 bits.
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH: Final = 16


@transaction.atomic
def note_given(*, user: User, now: dt.datetime, by: User | None = None) -> User:
    """Write down that the password is one that somebody else chose, and who."""
    user.password_given_at = now
    user.password_given_by = by
    user.save(update_fields=["password_given_at", "password_given_by"])
    return user


@transaction.atomic
def give_new(*, user: User, by: User, now: dt.datetime) -> str:
    """Set a password made by chance, and return it for `by` to hand over, once."""
    made = get_random_string(LENGTH, LETTERS)
    user.set_password(made)
    user.save(update_fields=["password"])
    note_given(user=user, now=now, by=by)
    end_streams(users=[user])
    tell_password_set(user=user, now=now)
    return made


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
