"""Pairs of records that may be one person, for those whose teams both are, and officers."""

import uuid

from django.db.models import Q, QuerySet

from customers.models import Customer, PossibleDouble
from customers.permissions import MERGE, VIEW, WATCH
from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

PAGE = 25


def may_ask(user: User) -> bool:
    """Tell whether there can be pairs for this person at all."""
    return may(user, VIEW) and (may(user, MERGE) or may(user, WATCH))


def waiting(user: User) -> QuerySet[PossibleDouble]:
    """Return the pairs that wait and that the user may know of, newest first.

    Sight of both by a grant or by work is not enough: a pair says that a value which
    somebody wrote down is the other's, which a mask may hide.
    """
    if not may_ask(user):
        return PossibleDouble.objects.none()
    there = Q(dismissed_at=None)
    for side in ("one", "other"):
        there &= Q(**{f"{side}__merged_into": None, f"{side}__erased_at": None})
    found = PossibleDouble.objects.select_related(
        "one__team", "other__team", "found_by"
    ).filter(there)
    if not may(user, WATCH):
        teams = team_ids(user)
        found = found.filter(one__team__in=teams, other__team__in=teams)
    return found.order_by("-pk")


def page_of(
    user: User, *, before: uuid.UUID | None = None
) -> tuple[list[PossibleDouble], str]:
    """Return a page of pairs, and the cursor of the next; "" at the end."""
    found = waiting(user)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def can_merge(double: PossibleDouble, user: User) -> bool:
    """Tell whether the user may make the two one: both are their teams' own."""
    both = {double.one.team_id, double.other.team_id}
    return may(user, MERGE) and both <= team_ids(user)


def of(customer: Customer, user: User) -> int:
    """Return how many pairs of this customer wait, for officers; 0 for all others."""
    if not may(user, WATCH):
        return 0
    return waiting(user).filter(Q(one=customer) | Q(other=customer)).count()
