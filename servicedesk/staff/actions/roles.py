"""Give people roles: groups, and entry to the administration that one of them means."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction

from servicedesk.staff.models import RoleKey, User


@transaction.atomic
def set_roles(*, user: User, groups: Iterable[Group]) -> User:
    """Let the user have exactly these role groups; groups of teams stay as they are."""
    teams = user.groups.filter(team__isnull=False)
    user.groups.set([*teams, *(each for each in groups if not hasattr(each, "team"))])
    return admit(user=user)


@transaction.atomic
def admit(user: User) -> User:
    """Open Django admin to administrators and superusers, and to nobody else."""
    admitted = (
        user.is_superuser
        or user.groups.filter(role__key=RoleKey.ADMINISTRATOR).exists()
    )
    if user.is_staff != admitted:
        user.is_staff = admitted
        user.save(update_fields=["is_staff"])
    return user
