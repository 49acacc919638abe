"""Which access grants a person sees, may decide, and may end."""

from django.db.models import Q, QuerySet

from customers.models import AccessGrant, GrantState
from customers.permissions import APPROVE_GRANT, WATCH
from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

PAGE = 50
MINE, WAITING, ALL = "mine", "waiting", "all"


def may_decide(user: User, grant: AccessGrant) -> bool:
    """Tell whether the user may approve or refuse: never their own, whatever the role.

    A supervisor of the team that owns the customer may, and an officer who watches
    over access.
    """
    if grant.user_id == user.pk or not may(user, APPROVE_GRANT):
        return False
    return may(user, WATCH) or grant.customer.team_id in team_ids(user)


def may_end(user: User, grant: AccessGrant) -> bool:
    """Tell whether the user may end a grant before its time."""
    mine = user.pk in {grant.user_id, grant.decided_by_id}
    return mine or may_decide(user, grant)


def seen_by(user: User) -> QuerySet[AccessGrant]:
    """Return the grants that the user may know of: their own, and those to decide."""
    seen = Q(user=user) | Q(decided_by=user)
    if may(user, APPROVE_GRANT):
        seen |= Q(customer__team__in=team_ids(user))
    found = AccessGrant.objects.select_related("customer", "user", "decided_by")
    return found if may(user, WATCH) else found.filter(seen)


def listed(user: User, tab: str) -> QuerySet[AccessGrant]:
    """Return the grants of a tab, newest first."""
    found = seen_by(user).order_by("-pk")
    if tab == MINE:
        return found.filter(user=user)
    if tab == WAITING:
        return found.filter(state=GrantState.ASKED).exclude(user=user)
    return found
