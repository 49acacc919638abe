"""Who can work on the tickets of a team: the one answer for forms and actions."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.clearance import cleared
from servicedesk.staff.models import Membership, Team, User

_WORK = {
    "groups__permissions__codename": "reply_ticket",
    "groups__permissions__content_type__app_label": "tickets",
}


def able_in(teams: Iterable[Team | int] | QuerySet[Team]) -> QuerySet[User]:
    """Return who works in these active teams: of a role that answers, and cleared."""
    return (
        User.objects.filter(
            cleared(),
            Q(is_superuser=True) | Q(**_WORK),
            is_active=True,
            memberships__team__in=teams,
            memberships__team__active=True,
        )
        .distinct()
        .order_by("display_name", "pk")
    )


def places() -> QuerySet[Membership]:
    """Return who can work in which active team, with both at hand."""
    answering = User.objects.filter(**_WORK, pk=OuterRef("user"))
    return Membership.objects.filter(
        cleared("user_id"),
        Q(user__is_superuser=True) | Exists(answering),
        user__is_active=True,
        team__active=True,
    ).select_related("team", "user")


def is_able(user: User, team: Team) -> bool:
    """Tell whether the person can work on this team's tickets."""
    return able_in([team]).filter(pk=user.pk).exists()


def refuse_uncleared(user: User) -> None:
    """Raise RuleError, with the reason in words, if clearance is what somebody lacks."""
    if not User.objects.filter(cleared(), pk=user.pk).exists():
        raise RuleError(
            _("%(name)s has no clearance for customer data at present.")
            % {"name": user}
        )


def leader_of(team: Team) -> User | None:
    """Return the lead who joined first and can work; None if nobody leads."""
    leads = User.objects.filter(
        memberships__team=team, memberships__lead=True, pk__in=able_in([team])
    )
    return leads.order_by("memberships__id").first()
