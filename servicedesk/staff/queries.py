"""Questions about people and teams that every app asks."""

from django.db.models import QuerySet

from servicedesk.core.live.channels import may_hear
from servicedesk.staff.models import User

_KEPT = "_reader_facts"


def team_ids(user: User) -> frozenset[int]:
    """Return the ids of the user's active teams; one query for this user object.

    The answer is kept on the object, which lives as long as the request.
    """
    return _facts(user)[0]


def presence_of(user: User) -> str:
    """Return the user's presence; no query of its own where `team_ids` was asked."""
    return _facts(user)[1]


def _facts(user: User) -> tuple[frozenset[int], str]:
    kept: tuple[frozenset[int], str] | None = getattr(user, _KEPT, None)
    if kept is None:
        found = list(
            User.objects.filter(pk=user.pk).values_list(
                "memberships__team_id", "memberships__team__active", "presence__state"
            )
        )
        teams = frozenset(team for team, active, _state in found if active)
        state = next((state for *_team, state in found if state), "offline")
        kept = (teams, state)
        setattr(user, _KEPT, kept)
    return kept


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
