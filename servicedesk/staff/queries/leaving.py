"""Questions about people who leave: who may let them go, what they lead alone."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from servicedesk.core.access import may
from servicedesk.staff.models import Departure, DepartureState, Membership, User
from servicedesk.staff.queries import led_team_ids

PLAN = "staff.add_departure"
MANAGE = "staff.change_user"


def may_let_go(by: User, user: User) -> bool:
    """Tell whether somebody may plan that a person leaves."""
    return user.pk in let_go_by(by, [user])


def let_go_by(by: User, people: Iterable[User]) -> set[int]:
    """Return the keys of those whose leaving somebody may plan: never their own.

    Administrators may for all, and superusers are for superusers; others for the
    members of teams that they lead. At most one query, whatever the number.
    """
    if not may(by, PLAN):
        return set()
    asked = {
        user.pk
        for user in people
        if user.pk != by.pk and (by.is_superuser or not user.is_superuser)
    }
    led = led_team_ids(by)
    if may(by, MANAGE) or not asked or not led:
        return asked if may(by, MANAGE) else set()
    mine = Membership.objects.filter(user__in=asked, team__in=led)
    return set(mine.values_list("user", flat=True))


def sole_led_teams(user: User) -> list[int]:
    """Return the active teams that nobody else leads."""
    others = Membership.objects.filter(
        team=OuterRef("team"), lead=True, user__is_active=True
    ).exclude(user=user)
    mine = Membership.objects.filter(user=user, lead=True, team__active=True)
    alone = mine.filter(~Exists(others)).order_by("team__slug")
    return list(alone.values_list("team", flat=True))


def departures_due(*, now: dt.datetime) -> QuerySet[Departure]:
    """Return the planned departures whose time has come."""
    planned = Departure.objects.filter(state=DepartureState.PLANNED, leaves_at__lte=now)
    return planned.order_by("leaves_at", "pk")


def last_departure(user: User) -> Departure | None:
    """Return the newest departure that was not called off."""
    found = Departure.objects.filter(user=user).exclude(state=DepartureState.CANCELLED)
    return found.select_related("planned_by").order_by("-planned_at", "-pk").first()
