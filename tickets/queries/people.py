"""Who can work on the tickets of a team: the one answer for forms and actions."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from servicedesk.staff.models import Team, User

_WORK = {
    "groups__permissions__codename": "reply_ticket",
    "groups__permissions__content_type__app_label": "tickets",
}


def able_in(teams: Iterable[Team | int] | QuerySet[Team]) -> QuerySet[User]:
    """Return the active members of these active teams whose role answers customers."""
    return (
        User.objects.filter(
            Q(is_superuser=True) | Q(**_WORK),
            is_active=True,
            memberships__team__in=teams,
            memberships__team__active=True,
        )
        .distinct()
        .order_by("display_name", "pk")
    )


def is_able(user: User, team: Team) -> bool:
    """Tell whether the person can work on this team's tickets."""
    return able_in([team]).filter(pk=user.pk).exists()


def leader_of(team: Team) -> User | None:
    """Return the lead who joined first and can work; None if nobody leads."""
    leads = User.objects.filter(
        memberships__team=team, memberships__lead=True, pk__in=able_in([team])
    )
    return leads.order_by("memberships__id").first()
