"""Give roles, rights, teams and accounts: what opens customers' data takes two people.

What is taken away, and what opens nothing, happens at once. What opens waits as a row
for a second person; `access_decide` says what becomes of it. A superuser owns the
machine and waits for nobody.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions import access_notices
from servicedesk.staff.actions.roles import set_permissions, set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import (
    AccessKind,
    AccessProposal,
    ChangeState,
    Membership,
    Team,
    User,
)
from servicedesk.staff.queries.access import (
    is_open,
    name_of,
    opening,
    opening_groups,
    takes_two,
)


@transaction.atomic
def give_roles(
    *, user: User, groups: Iterable[Group], by: User, why: str, now: dt.datetime
) -> list[AccessProposal]:
    """Let the user have exactly these roles; return what waits for a second person.

    Raises RuleError for one's own, and where something would wait without a reason.
    """
    lock_subject(user=user.pk)
    wanted = set(groups)
    added = wanted - set(user.groups.all())
    opened = set() if by.is_superuser else opening_groups(added)
    waits = sorted((each for each in added if each.pk in opened), key=lambda g: g.pk)
    set_roles(user=user, groups=wanted - set(waits))
    return [
        _ask(AccessKind.ROLE, by=by, why=why, now=now, user=user, group=each)
        for each in waits
    ]


@transaction.atomic
def give_permissions(
    *,
    group: Group,
    permissions: Iterable[Permission],
    by: User,
    why: str,
    now: dt.datetime,
) -> list[AccessProposal]:
    """Let a role do exactly this; return what waits for a second person."""
    lock_subject(group=group.pk)
    wanted = set(permissions)
    added = wanted - set(group.permissions.all())
    more = [] if by.is_superuser else opening(sorted(added, key=lambda each: each.pk))
    set_permissions(group=group, permissions=wanted - set(more))
    if not more:
        return []
    values = {"permissions": [name_of(each) for each in more]}
    asked = _ask(
        AccessKind.PERMISSIONS, by=by, why=why, now=now, group=group, values=values
    )
    return [asked]


@transaction.atomic
def give_membership(
    *, team: Team, user: User, lead: bool, by: User, why: str, now: dt.datetime
) -> list[AccessProposal]:
    """Let the user belong to a team, as its lead if so asked; return what waits.

    It waits where the person sees customers, or will: the team says which ones.
    """
    lock_subject(user=user.pk)
    member = Membership.objects.filter(team=team, user=user).first()
    more = member is None or (lead and not member.lead)
    if not more or by.is_superuser or not is_open(user):
        add_member(team=team, user=user, lead=lead)
        return []
    asked = _ask(
        AccessKind.TEAM,
        by=by,
        why=why,
        now=now,
        user=user,
        team=team,
        values={"lead": lead},
    )
    return [asked]


@transaction.atomic
def ask_for_account(
    *,
    user: User,
    kind: AccessKind,
    by: User,
    why: str,
    now: dt.datetime,
    email: str = "",
) -> AccessProposal:
    """Ask for what would let somebody into an account; the person is told at once.

    Raises RuleError where it takes no second person, so that nothing waits in vain.
    """
    lock_subject(user=user.pk)
    if not takes_two(user, by=by):
        raise RuleError(_("This takes no second person."))
    before, values = {}, {}
    if kind == AccessKind.EMAIL:
        before, values = {"email": user.email}, {"email": email}
    return _ask(kind, by=by, why=why, now=now, user=user, before=before, values=values)


def lock_subject(*, user: int | None = None, group: int | None = None) -> None:
    """Let one at a time give to the same person, or to the same role; by their key."""
    if user is not None:
        User.objects.select_for_update(of=("self",)).get(pk=user)
    elif group is not None:
        Group.objects.select_for_update().get(pk=group)


def _ask(
    kind: AccessKind,
    *,
    by: User,
    why: str,
    now: dt.datetime,
    user: User | None = None,
    values: dict[str, Any] | None = None,
    **about: Any,
) -> AccessProposal:
    """Write it down, in place of what waits already for the same, and tell of it.

    Whoever asks last is the one who may not confirm it; of permissions, which add up,
    neither are those who asked before.
    """
    if user is not None and user.pk == by.pk:
        raise RuleError(_("Nobody gives themselves more than they have."))
    if not why.strip():
        raise RuleError(_("Say why: a second person reads it."))
    values = _in_place_of_waiting(kind, values or {}, by, now, user=user, **about)
    made = AccessProposal.objects.create(
        kind=kind,
        user=user,
        values=values,
        raises=True,
        state=ChangeState.WAITING,
        by=by,
        at=now,
        why=why.strip(),
        **about,
    )
    access_notices.tell_asked(made, now=now)
    return made


def _in_place_of_waiting(
    kind: AccessKind,
    values: dict[str, Any],
    by: User,
    now: dt.datetime,
    *,
    user: User | None,
    group: Group | None = None,
    team: Team | None = None,
    **_more: Any,
) -> dict[str, Any]:
    """Drop what waits for the same; return what is asked for, with what adds up."""
    rows = AccessProposal.objects.select_for_update(of=("self",)).filter(
        kind=kind, state=ChangeState.WAITING, user=user, group=group, team=team
    )
    for held in rows:
        if kind == AccessKind.PERMISSIONS:
            both = {*held.values["permissions"], *values["permissions"]}
            # Part of it was asked for by them: they confirm it no more than `by`.
            others = held.askers - {by.pk}
            values = {"permissions": sorted(both), "also_by": sorted(others)}
        held.state, held.decided_by, held.decided_at = ChangeState.DROPPED, by, now
        held.save(update_fields=["state", "decided_by", "decided_at"])
    return values
