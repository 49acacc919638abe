"""Leaving (离职交接): plan it, close the account, hand the work over, tell the heirs."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _
from guardian.models import UserObjectPermissionBase

from servicedesk.core.actions.jobs import start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import Step
from servicedesk.core.models import Job
from servicedesk.staff.actions.access_decide import drop_all_for
from servicedesk.staff.actions.clearance import record_training
from servicedesk.staff.actions.presence import sign_off
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.security import end_sessions, remove_second_factors
from servicedesk.staff.actions.team import add_member, remove_member
from servicedesk.staff.actions.telling import tell_handed_over
from servicedesk.staff.models import (
    OPEN,
    Clearance,
    Departure,
    DepartureState,
    Membership,
    Successor,
    Team,
    TrainingKind,
    User,
)
from servicedesk.staff.queries.leaving import may_let_go, sole_led_teams
from servicedesk.staff.signals import person_left
from servicedesk.staff.work import HandOver, add_up, heirs_in, work_kinds, work_of

JOB: Final = "staff.leaving"
PORTION: Final = 100


@transaction.atomic
def plan_leaving(
    *,
    user: User,
    successors: Mapping[int, User],
    leaves_at: dt.datetime,
    by: User,
    now: dt.datetime,
) -> Departure:
    """Write down when somebody leaves and who takes over in each team (by its key).

    A moment that has come begins at once. Raises RuleError for whoever is not theirs
    to let go, while another departure is open, and for teams without a fit successor.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not may_let_go(by, user):
        raise RuleError(_("This person is not yours to let go."))
    if Departure.objects.filter(user=user, state__in=OPEN).exists():
        raise RuleError(_("It is planned already that this person leaves."))
    _refuse_unfit(user, successors)
    departure = Departure.objects.create(
        user=user, leaves_at=leaves_at, planned_by=by, planned_at=now
    )
    for team, to in successors.items():
        Successor.objects.create(departure=departure, team_id=team, to=to)
    if leaves_at <= now:
        begin_leaving(departure=departure, now=now)
    return departure


@transaction.atomic
def cancel_leaving(*, departure: Departure, now: dt.datetime) -> Departure:
    """Forget a plan. Raises RuleError once the account is closed."""
    locked = Departure.objects.select_for_update().get(pk=departure.pk)
    if locked.state != DepartureState.PLANNED:
        raise RuleError(_("It is too late: the account is closed already."))
    locked.state = DepartureState.CANCELLED
    locked.ended_at = now
    locked.save()
    return locked


@transaction.atomic
def begin_leaving(*, departure: Departure, now: dt.datetime) -> bool:
    """Close the account and begin to hand the work over; False if it was begun before.

    From the commit on the person can do nothing: sessions, streams, roles, teams,
    grants, second factors and password are gone. What they wrote keeps their name.
    """
    rows = Departure.objects.select_for_update(of=("self",), skip_locked=True)
    locked = rows.filter(pk=departure.pk, state=DepartureState.PLANNED).first()
    if locked is None:
        return False
    user = User.objects.select_for_update(of=("self",)).get(pk=locked.user_id)
    _pass_on_teams(user, locked)
    _close(user, locked.planned_by, now)
    person_left.send(sender=User, user=user, by=locked.planned_by, now=now)
    locked.state = DepartureState.RUNNING
    locked.begun_at = now
    locked.save()
    start_job(kind=JOB, params={"departure": locked.pk}, by=None, now=now)
    return True


@transaction.atomic
def resume_leaving(*, departure: Departure, now: dt.datetime) -> Job:
    """Go on with a hand-over that stopped. Raises RuleError while it runs or is over."""
    rows = Departure.objects.select_for_update(of=("self",))
    locked = rows.filter(pk=departure.pk, state=DepartureState.RUNNING).first()
    running = Job.objects.active().filter(kind=JOB, params__departure=departure.pk)
    if locked is None or running.exists():
        raise RuleError(_("Nothing has stopped here."))
    return start_job(kind=JOB, params={"departure": locked.pk}, by=None, now=now)


def step(job: Job, now: dt.datetime) -> Step:
    """Hand over one portion of the work of somebody whose account is closed."""
    pk = job.params["departure"]
    departure = Departure.objects.select_for_update(of=("self",)).get(pk=pk)
    if departure.state != DepartureState.RUNNING:
        return Step(job.cursor, job.done, job.total, finished=True)
    total = job.total
    if total is None:
        held = work_of(departure.user)
        total = sum(sum(teams.values()) for teams in held.values())
    given = _give_some(departure, now)
    if given:
        departure.handed = add_up(departure.handed, given)
        departure.save(update_fields=["handed"])
        return Step(job.cursor, job.done + sum(given.values()), total)
    departure.state = DepartureState.DONE
    departure.ended_at = now
    departure.save()
    tell_handed_over(departure=departure, now=now)
    return Step(job.cursor, job.done, total, finished=True)


def _give_some(departure: Departure, now: dt.datetime) -> dict[int | None, int]:
    hand_over = HandOver(
        user=departure.user,
        successors=dict(departure.successors.values_list("team", "to")),
        by=departure.planned_by,
        now=now,
        limit=PORTION,
    )
    for kind in work_kinds():
        given = dict(kind.hand_over(hand_over))
        if given:
            return given
    return {}


def _refuse_unfit(user: User, successors: Mapping[int, User]) -> None:
    """Raise RuleError unless each team has a successor who can take everything over."""
    held = work_of(user)
    teams = {team for kinds in held.values() for team in kinds}
    teams |= set(sole_led_teams(user))
    able = heirs_in(teams, held)
    for team in Team.objects.filter(pk__in=teams).order_by("slug"):
        to = successors.get(team.pk)
        if to is None and not able[team.pk] - {user.pk}:
            continue  # nobody is there: it goes to the queue, and that is told
        if to is None:
            raise RuleError(_("Say who takes over in %(team)s.") % {"team": team})
        if to.pk == user.pk or to.pk not in able[team.pk]:
            raise RuleError(
                _("%(name)s cannot take over in %(team)s: a member with clearance can.")
                % {"name": to, "team": team}
            )


def _pass_on_teams(user: User, departure: Departure) -> None:
    """Let the successors lead what only this person led, and end the memberships."""
    successors = {each.team_id: each.to for each in departure.successors.all()}
    alone = set(sole_led_teams(user))
    for membership in Membership.objects.filter(user=user).select_related("team"):
        team = membership.team
        heir = successors.get(team.pk)
        if team.pk in alone and heir is not None and heir.is_active:
            add_member(team=team, user=heir, lead=True)
        remove_member(team=team, user=user)


def _close(user: User, by: User, now: dt.datetime) -> None:
    user.is_superuser = False
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_superuser", "is_active", "password"])
    set_roles(user=user, groups=[])
    drop_all_for(user=user, by=by, now=now)
    user.user_permissions.clear()
    for model in apps.get_models():
        if issubclass(model, UserObjectPermissionBase):
            rows: Any = model._default_manager  # noqa: SLF001 - Django documents it
            rows.filter(user=user).delete()
    remove_second_factors(user=user)
    end_sessions(user=user)
    sign_off(user=user, now=now)
    cleared = Clearance.objects.filter(user=user, onboarded_at__isnull=False)
    if cleared.exists():
        # Whoever comes back begins anew.
        record_training(
            user=user,
            kind=TrainingKind.ONBOARDING,
            passed=False,
            on=now,
            by=by,
            now=now,
            reference="left",
        )
