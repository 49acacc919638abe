"""Give people roles: groups, and entry to the administration that one of them means."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction

from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import RoleKey, User


@transaction.atomic
def set_roles(*, user: User, groups: Iterable[Group]) -> User:
    """Let the user have exactly these role groups; groups of teams stay as they are."""
    before = set(user.groups.all())
    teams = {each for each in before if hasattr(each, "team")}
    after = teams | {each for each in groups if not hasattr(each, "team")}
    user.groups.set(after)
    if before - after:
        end_streams(users=[user])
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
