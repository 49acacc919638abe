"""Make teams, and keep who belongs to them in step with the group that may see."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.models import BusinessCalendar
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import Membership, Team, TeamFunction, User
from servicedesk.staff.signals import team_may_close

GROUP_PREFIX = "team:"


@transaction.atomic
def create_team(
    *,
    slug: str,
    name_zh: str,
    name_en: str,
    function: TeamFunction,
    calendar: BusinessCalendar,
    active: bool = True,
) -> Team:
    """Create a team and its group.

    Raises RuleError if the short name is taken.
    """
    return create(
        team=Team(
            slug=slug,
            name_zh=name_zh,
            name_en=name_en,
            function=function,
            calendar=calendar,
            active=active,
        )
    )


@transaction.atomic
def create(*, team: Team) -> Team:
    """Save a team that a form filled in, together with its group.

    Raises RuleError if the short name is taken.
    """
    group, created = Group.objects.get_or_create(name=group_name(team.slug))
    if not created:
        raise RuleError(_("There is a team with this short name already."))
    team.group = group
    team.save()
    return team


@transaction.atomic
def update(*, team: Team) -> Team:
    """Save a changed team; its group follows the short name.

    Raises RuleError if it is to be set inactive while it still has something to do.
    """
    closing = not team.active and Team.objects.filter(pk=team.pk, active=True).exists()
    if closing:
        ask_to_close(team=team)
    team.save()
    Group.objects.filter(pk=team.group_id).update(name=group_name(team.slug))
    if closing:
        end_streams(users=User.objects.filter(memberships__team=team))
    return team


def ask_to_close(*, team: Team) -> None:
    """Raise RuleError, with what is left to do, if the team may not be set inactive."""
    team_may_close.send(sender=Team, team=team)


@transaction.atomic
def add_member(*, team: Team, user: User, lead: bool = False) -> Membership:
    """Let the user belong to the team, as its lead if so asked; twice does no harm."""
    membership, _created = Membership.objects.update_or_create(
        team=team, user=user, defaults={"lead": lead}
    )
    user.groups.add(team.group)
    return membership


@transaction.atomic
def remove_member(*, team: Team, user: User) -> None:
    """End the membership, and with it what the team lets its members see."""
    Membership.objects.filter(team=team, user=user).delete()
    user.groups.remove(team.group)
    # A stream opened as a member would go on telling what the team does.
    end_streams(users=[user])


@transaction.atomic
def set_lead(*, team: Team, user: User, lead: bool) -> Membership:
    """Make a member lead of the team, or no longer.

    Raises RuleError if the user does not belong to the team.
    """
    membership = (
        Membership.objects.select_for_update().filter(team=team, user=user).first()
    )
    if membership is None:
        raise RuleError(_("Only a member can lead the team."))
    membership.lead = lead
    membership.save(update_fields=["lead"])
    return membership


def group_name(slug: str) -> str:
    """Name the group that carries a team's permissions on single objects."""
    return f"{GROUP_PREFIX}{slug}"
