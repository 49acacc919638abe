"""Of whom a second factor is demanded, and from when on; asked along with every reader.

A superuser needs no role, and is treated as an administrator here.
"""

import datetime as dt
from typing import Final

from allauth.usersessions.models import UserSession

from servicedesk.staff.models import Role, RoleKey, User
from servicedesk.staff.queries import fact_of, register_fact

PRIVILEGED: Final = (RoleKey.ADMINISTRATOR, RoleKey.DATA_PROTECTION_OFFICER)
"""Whose account opens more than work: people, settings, everybody's customers."""

_FACT: Final = "second_factor"
# Recovery codes alone are none: they come with an app or a passkey.
_DEMANDED: Final = """ARRAY(
  SELECT floor(extract(epoch FROM min(
    role.second_factor_since + role.second_factor_days * interval '1 day')))::text
  FROM staff_role role
  WHERE role.second_factor
  AND (role.group_id IN (
      SELECT own.group_id FROM staff_user_groups own WHERE own.user_id = staff_user.id)
    OR (staff_user.is_superuser AND role.key = 'administrator'))
  AND NOT EXISTS (
    SELECT FROM mfa_authenticator factor
    WHERE factor.user_id = staff_user.id AND factor.type IN ('totp', 'webauthn'))
  HAVING count(*) > 0)"""


def connect() -> None:
    """Have it come with the reader, in the same query; from `ready()`."""
    register_fact(_FACT, _DEMANDED)


def demanded_from(user: User) -> dt.datetime | None:
    """Return from when on the user gets nowhere without a second factor.

    None where none is demanded, and for whoever has one.
    """
    for each in fact_of(user, _FACT):
        return dt.datetime.fromtimestamp(int(each), tz=dt.UTC)
    return None


def must_set_up(user: User, *, now: dt.datetime) -> bool:
    """Tell whether the user has to set up a second factor before anything else."""
    begins = demanded_from(user)
    return begins is not None and begins <= now


def privileged_without_demand() -> int:
    """Count the roles that open more than work, and of which none is demanded."""
    return Role.objects.filter(key__in=PRIVILEGED, second_factor=False).count()


def has_other_sessions(user: User, current: str) -> bool:
    """Tell whether the person is signed in elsewhere; `current` is the key of here."""
    others = UserSession.objects.filter(user=user).exclude(session_key=current)
    return bool(others.exists())
