"""Which rights open customers' data, whose account has them, and who may confirm what.

Two accounts count as two people only where neither was handed its password by the
other, and no third handed both: else one administrator makes the second person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.staff.clearance import guards
from servicedesk.staff.models import (
    AccessKind,
    AccessProposal,
    ChangeState,
    RoleKey,
    User,
)
from servicedesk.staff.queries.security import holders

CONFIRM: Final = "staff.confirm_access"
Givers = Mapping[int, int]
"""From a person to who handed them their password; superusers are left out."""

_VERBS: Final = {
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
    "view": gettext_lazy("view"),
}


def opens(permission: str) -> bool:
    """Tell whether a permission opens customers' data, or lets confirm what does."""
    return guards(permission) or permission == CONFIRM


def opening(permissions: Iterable[Permission]) -> list[Permission]:
    """Return those of the permissions that open; the content types come along or cost."""
    return [each for each in permissions if opens(name_of(each))]


def name_of(permission: Permission) -> str:
    """Return the permission as "app.codename"."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def label_of(permission: Permission) -> str:
    """Return in the reader's language what it is about, and what may be done."""
    model = permission.content_type.model_class()
    if model is None:
        return str(permission)
    options: Any = model._meta
    own = dict(options.permissions)
    verb = _VERBS.get(permission.codename.partition("_")[0], permission.name)
    action = own.get(permission.codename, verb)
    about = options.app_config.verbose_name if options.app_config else ""
    return f"{about} · {options.verbose_name} · {action}"


def permissions_named(names: Iterable[str]) -> list[Permission]:
    """Return the permissions with these names; one that is gone is left out."""
    wanted = Q(pk__in=())
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return list(Permission.objects.filter(wanted).select_related("content_type"))


def opening_groups(groups: Iterable[Group]) -> set[int]:
    """Return the keys of the groups that open to their members, now or by what waits.

    What waits counts: else whoever joins before it is confirmed would join unseen.
    The administrators' role opens accounts, whatever its permissions are.
    """
    keys = {group.pk for group in groups}
    held = Group.permissions.through.objects.filter(group__in=keys).values_list(
        "group", "permission__content_type__app_label", "permission__codename"
    )
    found = {key for key, label, codename in held if opens(f"{label}.{codename}")}
    waits = AccessProposal.objects.filter(
        kind=AccessKind.PERMISSIONS, state=ChangeState.WAITING, group__in=keys
    )
    found |= set(waits.values_list("group", flat=True))
    administers = Group.objects.filter(pk__in=keys, role__key=RoleKey.ADMINISTRATOR)
    return found | set(administers.values_list("pk", flat=True))


def is_open(user: User) -> bool:
    """Tell whether an account opens customers' data, or will if what waits is confirmed."""
    if user.is_superuser or opening_groups(user.groups.all()):
        return True
    own = user.user_permissions.select_related("content_type")
    if opening(own):
        return True
    return AccessProposal.objects.filter(
        kind=AccessKind.ROLE, state=ChangeState.WAITING, user=user
    ).exists()


def takes_two(user: User, *, by: User) -> bool:
    """Tell whether `by` needs a second person to change how this person gets in."""
    return not by.is_superuser and user.pk != by.pk and is_open(user)


def givers() -> Givers:
    """Return who handed whom their password last, superusers left out."""
    given = User.objects.filter(password_given_by__is_superuser=False)
    pairs = given.values_list("pk", "password_given_by")
    return {person: giver for person, giver in pairs if giver is not None}


def are_two(one: int, other: int, given: Givers) -> bool:
    """Tell whether two accounts count as two people; the keys of both."""
    return not _hands(one, given) & _hands(other, given)


def _hands(person: int, given: Givers) -> set[int]:
    """Return the person, who handed them their account, who handed it to those, and so on."""
    found: set[int] = set()
    hand: int | None = person
    while hand is not None and hand not in found:
        found.add(hand)
        hand = given.get(hand)
    return found


def hindrance(proposal: AccessProposal, by: User, given: Givers) -> str:
    """Return why `by` is not the second person for this; "" for whoever is.

    Asks for the groups of `by`, where they do not come along.
    """
    if by.pk in proposal.askers:
        return _("You asked for it: another person confirms it.")
    if proposal.user_id == by.pk:
        return _("It is for you: another person confirms it.")
    mine = {group.pk for group in by.groups.all()}
    if proposal.kind == AccessKind.PERMISSIONS and proposal.group_id in mine:
        return _("It is for a role of yours: another person confirms it.")
    if not all(are_two(each, by.pk, given) for each in proposal.askers):
        return _(
            "Your account and that of who asked come from one hand: whoever handed over "
            "the password counts with you as one person. Somebody else confirms it."
        )
    return ""


@dataclass(frozen=True)
class Seconds:
    """Those who may confirm, asked for once for any number of proposals."""

    people: list[User]
    given: Givers

    def of(self, proposal: AccessProposal) -> list[User]:
        """Return who may confirm this; superusers only where nobody else may."""
        fit = [
            each for each in self.people if not hindrance(proposal, each, self.given)
        ]
        return [each for each in fit if not each.is_superuser] or fit


def seconds() -> Seconds:
    """Return who holds the right to confirm, and the superusers."""
    groups = Prefetch("groups", Group.objects.only("pk"))
    order = ("display_name", "pk")
    held = list(holders(CONFIRM).order_by(*order).prefetch_related(groups))
    owners = User.objects.filter(is_superuser=True, is_active=True)
    known = {each.pk for each in held}
    more = [each for each in owners.order_by(*order) if each.pk not in known]
    return Seconds([*held, *more], givers())


def proposals() -> QuerySet[AccessProposal]:
    """Return all proposals with what their lines show, newest first."""
    return AccessProposal.objects.select_related(
        "by", "decided_by", "user__password_given_by", "group__role", "team"
    ).order_by("-pk")


def waiting_for(
    *, user: User | None = None, group: Group | None = None
) -> QuerySet[AccessProposal]:
    """Return what waits for a person, or about what a role may do; saved ones only."""
    about = Q(user=user) if user else Q(group_id=group and group.pk, user=None)
    return proposals().filter(about, state=ChangeState.WAITING)


def administrators_alone() -> list[int]:
    """Return the keys of the administrators whose proposals nobody could confirm."""
    found = seconds()
    at_work = [each for each in found.people if not each.is_superuser]
    admins = User.objects.filter(
        groups__role__key=RoleKey.ADMINISTRATOR, is_active=True, is_superuser=False
    )
    return sorted(
        key
        for key in set(admins.values_list("pk", flat=True))
        if not any(
            each.pk != key and are_two(key, each.pk, found.given) for each in at_work
        )
    )
