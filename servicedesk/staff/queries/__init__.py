"""Questions about people and teams that every app asks."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from servicedesk.core.live.channels import may_hear
from servicedesk.core.notifications.queries import (
    MOST_COUNTED,
    count_words,
    unread_told,
)
from servicedesk.core.notifications.registry import find_kind
from servicedesk.staff.clearance import guards
from servicedesk.staff.models import PresenceState, User

_KEPT = "_reader_facts"
_PERMISSIONS = """ARRAY(
  SELECT type.app_label || '.' || permission.codename
  FROM auth_permission permission
  JOIN django_content_type type ON type.id = permission.content_type_id
  WHERE permission.id IN (
    SELECT permission_id FROM staff_user_user_permissions WHERE user_id = staff_user.id
    UNION ALL
    SELECT given.permission_id FROM auth_group_permissions given
    JOIN staff_user_groups own ON own.group_id = given.group_id
    WHERE own.user_id = staff_user.id))"""
_TEAMS = """ARRAY(
  SELECT own.team_id FROM staff_membership own
  JOIN staff_team team ON team.id = own.team_id
  WHERE own.user_id = staff_user.id AND team.active)"""
_LED = """ARRAY(
  SELECT own.team_id FROM staff_membership own
  JOIN staff_team team ON team.id = own.team_id
  WHERE own.user_id = staff_user.id AND own.lead AND team.active)"""
_PRESENCE = "(SELECT state FROM staff_presence WHERE user_id = staff_user.id)"
_LACKS = "staff_lacks(staff_user.id)"
_TRAINING = "(SELECT training_until FROM staff_clearance WHERE user_id = staff_user.id)"
_ASKED = """(
  SELECT CASE WHEN NOT EXISTS (
    SELECT FROM staff_agreementsignature own
    WHERE own.agreement_id = text.id AND own.user_id = staff_user.id
  ) THEN text.effective_from END
  FROM staff_confidentialityagreement text
  WHERE text.effective_from IS NOT NULL ORDER BY text.number DESC LIMIT 1)"""
_FACTS: dict[str, RawSQL] = {
    "found_permissions": RawSQL(_PERMISSIONS, ()),  # noqa: S611  # no value of anybody's
    "found_teams": RawSQL(_TEAMS, ()),  # noqa: S611
    "found_led": RawSQL(_LED, ()),  # noqa: S611
    "found_presence": RawSQL(_PRESENCE, ()),  # noqa: S611
    "found_lacks": RawSQL(_LACKS, ()),  # noqa: S611
    "found_training": RawSQL(_TRAINING, ()),  # noqa: S611
    "found_asked": RawSQL(_ASKED, ()),  # noqa: S611
}


_more: dict[str, str] = {}


def register_fact(name: str, sql: str) -> None:
    """Ask one more thing along with every reader; for apps above, from `ready()`.

    `sql` is an array of texts, about the row of `staff_user`, without parameters.
    """
    if _more.setdefault(name, sql) != sql:
        raise ValueError(f"Two facts called {name!r}")


READER = -1
"""No person has this key."""
TEAMS = range(-2, -1000, -1)
"""No team has one of these keys, and nobody is in more teams."""


@dataclass(frozen=True)
class _Facts:
    permissions: frozenset[str]
    teams: frozenset[int]
    led: frozenset[int]
    presence: str
    lacks: tuple[str, ...]
    withheld: bool
    training_until: dt.datetime | None
    asked_from: dt.datetime | None
    unread: tuple[str, ...]
    more: Mapping[str, frozenset[str]]


def permissions_of(user: User) -> frozenset[str]:
    """Return what the user's roles and own permissions allow, as "app.codename".

    Without clearance nothing on customer data is among them.
    """
    return _facts(user).permissions


def missing(user: User) -> tuple[str, ...]:
    """Return what the user lacks of clearance, as keys of `Lack`; empty if cleared."""
    return _facts(user).lacks


def withheld(user: User) -> bool:
    """Tell whether the user would open customer data if nothing were missing."""
    facts = _facts(user)
    return facts.withheld or bool(facts.lacks and user.is_superuser)


def training_until(user: User) -> dt.datetime | None:
    """Return when the user's security training lapses; None if there was none."""
    return _facts(user).training_until


def asked_from(user: User) -> dt.datetime | None:
    """Return from when on the newest agreement counts; None if it is signed already."""
    return _facts(user).asked_from


def team_ids(user: User) -> frozenset[int]:
    """Return the ids of the user's active teams; one query for this user object.

    The answer is kept on the object, which lives as long as the request.
    """
    return _facts(user).teams


def led_team_ids(user: User) -> frozenset[int]:
    """Return the ids of the active teams that the user leads."""
    return _facts(user).led


def presence_of(user: User) -> str:
    """Return the user's presence."""
    return _facts(user).presence


def unread_of(user: User) -> str:
    """Return how many notifications wait, up to "9+"; no query of its own either."""
    return count_words(len(_facts(user).unread))


def may_be_unread(user: User, ref: str) -> bool:
    """Tell whether a notification about `ref` waits, as far as was asked; no query."""
    unread = _facts(user).unread
    return ref in unread or len(unread) >= MOST_COUNTED


def note_read(user: User, ref: str) -> None:
    """Take note that what waited about `ref` has just been read, for this page's bell."""
    facts = _facts(user)
    if len(facts.unread) >= MOST_COUNTED:
        delattr(user, _KEPT)  # there may be more than were asked for
        return
    left = tuple(each for each in facts.unread if each != ref)
    setattr(user, _KEPT, replace(facts, unread=left))


def fact_of(user: User, name: str) -> frozenset[str]:
    """Return what was asked along by `register_fact`."""
    return _facts(user).more[name]


def reader(pk: int | str) -> User | None:
    """Return a person together with what nearly every page asks about its reader."""
    asked = _asked()
    user: Any = User.objects.filter(pk=pk).annotate(**asked).first()
    if user is None:
        return None
    found = (user.__dict__.pop(name) for name in asked)
    setattr(user, _KEPT, _facts_of(*found))
    return cast("User", user)


def anybody(*, permissions: Iterable[str], teams: int) -> User:
    """Return a reader who stands for all with these permissions and so many teams.

    What is asked for such a reader once can be asked for others with their own values
    in place of `READER` and of the first `TEAMS`.
    """
    user = User(pk=READER)
    facts = _facts_of(
        permissions, TEAMS[:teams], (), PresenceState.OFFLINE, (), None, None, ()
    )
    setattr(user, _KEPT, facts)
    return user


def _facts(user: User) -> _Facts:
    kept: _Facts | None = getattr(user, _KEPT, None)
    if kept is None:
        asked = _asked()
        found = User.objects.filter(pk=user.pk).annotate(**asked)
        kept = _facts_of(*found.values_list(*asked).get())
        setattr(user, _KEPT, kept)
    return kept


def _asked() -> dict[str, Any]:
    """Return what is asked along with a person, by name."""
    more = {f"found_{name}": RawSQL(sql, ()) for name, sql in _more.items()}  # noqa: S611
    return {**_FACTS, "found_unread": unread_told(), **more}


def _facts_of(  # a row, as the query gives it
    permissions: Iterable[str],
    teams: Iterable[int],
    led: Iterable[int],
    state: str,
    lacks: Iterable[str],
    training: dt.datetime | None,
    asked: dt.datetime | None,
    unread: Iterable[str],
    *more: Iterable[str],
) -> _Facts:
    held, missed = frozenset(permissions), tuple(lacks)
    allowed = held
    told = [(each.partition(" ")[0], each.partition(" ")[2]) for each in unread]
    if missed:
        allowed = frozenset(each for each in held if not guards(each))
        told = [(kind, ref) for kind, ref in told if not _guarded(kind)]
    return _Facts(
        allowed,
        frozenset(teams),
        frozenset(led),
        state or PresenceState.OFFLINE.value,
        missed,
        allowed != held,
        training,
        asked,
        tuple(ref for _kind, ref in told),
        {name: frozenset(each) for name, each in zip(_more, more, strict=False)},
    )


def _guarded(kind: str) -> bool:
    """Tell whether a notification of this kind tells of customers."""
    known = find_kind(kind)
    return known is not None and guards(known.permission)


def colleagues(user: User) -> QuerySet[User]:
    """Return the active people who share an active team with the user, and the user."""
    return (
        User.objects.filter(is_active=True, memberships__team_id__in=team_ids(user))
        .select_related("presence")
        .distinct()
        .order_by("display_name", "pk")
    )


def channels_of(user: User) -> list[str]:
    """Return the live channels that every page of this person listens to."""
    teams = sorted(team_ids(user)) if may_hear(user, "team") else []
    return [f"user:{user.pk}", *(f"team:{pk}" for pk in teams)]
