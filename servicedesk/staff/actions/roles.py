"""Give people roles: groups, and entry to the administration that one of them means.

And say of which roles a second factor is demanded.
"""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import Role, RoleKey, User


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
def set_permissions(*, group: Group, permissions: Iterable[Permission]) -> Group:
    """Let a role do exactly this; its people's streams ask their rights again."""
    before, after = set(group.permissions.all()), set(permissions)
    if before != after:
        group.permissions.set(after)
        end_streams(users=User.objects.filter(groups=group))
    return group


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


@transaction.atomic
def demand_second_factor(
    *, role: Role, demanded: bool, days: int, now: dt.datetime
) -> Role:
    """Demand a second factor of a role from `days` after now on, or no longer.

    Where it is demanded already, the days count from the day on which that began.
    Saves what else was changed of the role.
    """
    began = demanded and role.second_factor_since is None
    role.second_factor, role.second_factor_days = demanded, days
    if began or not demanded:
        role.second_factor_since = now if demanded else None
    role.save()
    if began:
        end_streams(users=User.objects.filter(groups=role.group_id))
    return role
