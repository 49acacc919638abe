"""Confirm, decline, withdraw and forget what waits for a second person."""

import datetime as dt
from collections.abc import Callable
from typing import Final, cast

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions import access_notices
from servicedesk.staff.actions.access import lock_subject
from servicedesk.staff.actions.by_two import waiting
from servicedesk.staff.actions.passwords import give_new
from servicedesk.staff.actions.roles import set_permissions, set_roles
from servicedesk.staff.actions.security import remove_second_factors
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import (
    WAITS,
    AccessKind,
    AccessProposal,
    ChangeState,
    RoleKey,
    Team,
    User,
)
from servicedesk.staff.queries.access import givers, hindrance, permissions_named


@transaction.atomic
def confirm_access(
    *, change: AccessProposal, by: User, now: dt.datetime, note: str = ""
) -> str:
    """Put in force what another asked for; return a new password to hand over, or "".

    Raises RuleError for whoever is no second person here, and where what was asked for
    is not what it would do now.
    """
    lock_subject(user=change.user_id, group=change.group_id)
    held = waiting(change, now=now)
    if reason := hindrance(held, by, givers()):
        raise RuleError(reason)
    _refuse_stale(held, by)
    made = _APPLY[AccessKind(held.kind)](held, by, now) or ""
    _decide(held, ChangeState.IN_FORCE, by=by, note=note, now=now)
    return made


@transaction.atomic
def drop_access(
    *, change: AccessProposal, by: User, now: dt.datetime, note: str = ""
) -> AccessProposal:
    """Decline what waits, with a reason, or withdraw one's own; nothing changes."""
    held = waiting(change, now=now)
    if held.by_id != by.pk and not note.strip():
        raise RuleError(_("Say why: whoever asked reads it."))
    _decide(held, ChangeState.DROPPED, by=by, note=note, now=now)
    return held


@transaction.atomic
def drop_all_for(*, user: User, by: User, now: dt.datetime) -> None:
    """Forget whatever waits for somebody who leaves, and what they asked for."""
    rows = AccessProposal.objects.select_for_update(of=("self",))
    for about in ({"user": user}, {"by": user}):
        for held in rows.filter(state=ChangeState.WAITING, **about).order_by("pk"):
            _decide(held, ChangeState.DROPPED, by=by, note="", now=now)


@transaction.atomic
def lapse_due(*, now: dt.datetime) -> int:
    """End what nobody confirmed in time; return how many."""
    rows = AccessProposal.objects.select_for_update(of=("self",), skip_locked=True)
    due = rows.filter(state=ChangeState.WAITING, at__lte=now - WAITS).order_by("pk")
    for held in due:
        _decide(held, ChangeState.LAPSED, by=None, note="", now=now)
    return len(due)


def _decide(
    held: AccessProposal,
    state: ChangeState,
    *,
    by: User | None,
    note: str,
    now: dt.datetime,
) -> None:
    held.state, held.decided_by, held.decided_at = state, by, now
    held.note = note.strip()
    held.save(update_fields=["state", "decided_by", "decided_at", "note"])
    access_notices.tell_decided(held, now=now)


def _refuse_stale(held: AccessProposal, by: User) -> None:
    """Raise RuleError where who asked, or for whom, is not what they were then."""
    asked = User.objects.filter(pk__in=held.askers, is_active=True)
    administers = Q(groups__role__key=RoleKey.ADMINISTRATOR) | Q(is_superuser=True)
    if asked.filter(administers).distinct().count() < len(held.askers):
        raise RuleError(_("Who asked is no administrator any more. Decline this."))
    user = held.user
    if user is None:
        return
    if user.is_superuser and not by.is_superuser:
        raise RuleError(_("The account is a superuser's now. Decline this."))
    if not user.is_active and held.kind != AccessKind.ACTIVE:
        raise RuleError(_("The account is closed. Decline this."))
    if held.kind == AccessKind.ROLE and user.password_given_at is not None:
        raise RuleError(
            _(
                "%(name)s has not chosen a password yet, so somebody else knows it. "
                "Confirm this when they have signed in."
            )
            % {"name": user}
        )
    if held.kind == AccessKind.EMAIL and user.email != held.before["email"]:
        raise RuleError(_("The address has changed since. Decline this, ask anew."))


def _give_role(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    groups = [*_person(held).groups.all(), cast("Group", held.group)]
    set_roles(user=_person(held), groups=groups)


def _give_permissions(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    group = cast("Group", held.group)
    more = permissions_named(held.values["permissions"])
    set_permissions(group=group, permissions=[*group.permissions.all(), *more])


def _give_team(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    team = cast("Team", held.team)
    add_member(team=team, user=_person(held), lead=held.values["lead"])


def _give_password(held: AccessProposal, by: User, now: dt.datetime) -> str:
    return give_new(user=_person(held), by=by, now=now)


def _remove_factor(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    remove_second_factors(user=_person(held))


def _set_email(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    user = _person(held)
    user.email = held.values["email"]
    user.save(update_fields=["email"])


def _open_account(held: AccessProposal, _by: User, _now: dt.datetime) -> None:
    user = _person(held)
    user.is_active = True
    user.save(update_fields=["is_active"])


def _person(held: AccessProposal) -> User:
    return cast("User", held.user)


_APPLY: Final[
    dict[AccessKind, Callable[[AccessProposal, User, dt.datetime], str | None]]
] = {
    AccessKind.ROLE: _give_role,
    AccessKind.PERMISSIONS: _give_permissions,
    AccessKind.TEAM: _give_team,
    AccessKind.PASSWORD: _give_password,
    AccessKind.FACTOR: _remove_factor,
    AccessKind.EMAIL: _set_email,
    AccessKind.ACTIVE: _open_account,
}
