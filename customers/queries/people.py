"""Who may do what about customers' data, to be told of it."""

from django.db.models import Q, QuerySet

from customers.permissions import APPROVE_GRANT, WATCH
from servicedesk.staff.models import Team, User


def holders(permission: str) -> QuerySet[User]:
    """Return the active people who hold a permission such as `customers.watch_access`."""
    label, codename = permission.split(".")
    by_role = {
        "groups__permissions__codename": codename,
        "groups__permissions__content_type__app_label": label,
    }
    by_name = {
        "user_permissions__codename": codename,
        "user_permissions__content_type__app_label": label,
    }
    held = User.objects.filter(Q(**by_role) | Q(**by_name), is_active=True)
    return held.distinct().order_by("pk")


def officers() -> list[int]:
    """Return the ids of those who watch over access: the data protection officers."""
    return list(holders(WATCH).values_list("pk", flat=True))


def approvers(team: Team, *, but: User) -> list[int]:
    """Return the ids of those who may decide about a grant to a customer of the team."""
    may_approve = holders(APPROVE_GRANT).exclude(pk=but.pk)
    of_team = set(
        may_approve.filter(memberships__team=team).values_list("pk", flat=True)
    )
    watching = set(officers()) & set(may_approve.values_list("pk", flat=True))
    return sorted(of_team | watching)
