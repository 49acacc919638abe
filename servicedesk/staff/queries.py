"""Questions about people and teams that every app asks."""

from django.db.models import QuerySet

from servicedesk.staff.models import RoleKey, Team, User

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


def leads_of(team: Team) -> QuerySet[User]:
    """Return the active people who lead the team, in a fixed order."""
    return User.objects.filter(
        is_active=True, memberships__team=team, memberships__lead=True
    ).order_by("pk")


def supervisors() -> QuerySet[User]:
    """Return the active people who have the role of supervisor."""
    return with_role(RoleKey.SUPERVISOR)


def with_role(key: RoleKey) -> QuerySet[User]:
    """Return the active people who have the role."""
    return (
        User.objects.filter(is_active=True, groups__role__key=key)
        .distinct()
        .order_by("pk")
    )


def members_of(team: Team) -> QuerySet[User]:
    """Return the team's active people with their presence, by name."""
    return (
        User.objects.filter(is_active=True, memberships__team=team)
        .select_related("presence")
        .order_by("display_name", "pk")
    )


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
    return [f"user:{user.pk}", *(f"team:{pk}" for pk in sorted(team_ids(user)))]
