"""Somebody leaves: what they hold, who takes over, and how far the hand-over is."""

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servicedesk.core.access import Unseen, require
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Job
from servicedesk.core.tasks import nudge_jobs
from servicedesk.staff.actions.leaving import (
    JOB,
    cancel_leaving,
    plan_leaving,
    resume_leaving,
)
from servicedesk.staff.forms import LeavingForm, given
from servicedesk.staff.models import Departure, DepartureState, Team, User
from servicedesk.staff.queries.leaving import (
    PLAN,
    last_departure,
    let_go_by,
    may_let_go,
    sole_led_teams,
)
from servicedesk.staff.work import heirs_in, work_kinds, work_of

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask who takes over and when; then ask whether that is really meant."""
    by, user = cast("User", request.user), _person(request, pk)
    departure = last_departure(user)
    if departure is not None and not _comes_back(departure, user):
        return _show(request, user, departure)
    held = work_of(user)
    teams = _teams(user, held)
    form = LeavingForm(given(request), teams=teams, today=_today())
    sure = request.POST.get("sure") == "yes"
    if form.is_valid() and sure:
        try:
            plan_leaving(
                user=user,
                successors=form.successors(),
                leaves_at=form.leaves_at(now()),
                by=by,
                now=now(),
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_jobs()
            return redirect("staff:leaving", user.pk)
    asks = form.is_bound and form.is_valid()
    context = {
        "person": user,
        "held": _held(held),
        "form": form,
        "teams": teams,
        "asks": asks,
        "answers": form.answers() if asks else [],
        "back_url": reverse("staff:cleared"),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "staff/leaving.html", context, status=status)


@login_required
@require_POST
def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget the plan that somebody leaves."""
    user = _person(request, pk)
    departure = last_departure(user)
    if departure is None:
        raise Http404
    try:
        cancel_leaving(departure=departure, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Called off. The account stays open."))
    return redirect("staff:leaving", pk)


@login_required
@require_POST
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a hand-over whose job failed or was cancelled."""
    departure = last_departure(_person(request, pk))
    if departure is None:
        raise Http404
    try:
        resume_leaving(departure=departure, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        nudge_jobs()
        messages.success(request, _("It goes on from where it stopped."))
    return redirect("staff:leaving", pk)


@login_required
@require_GET
def departures(request: HttpRequest) -> HttpResponse:
    """List who leaves and who left, newest first."""
    by = cast("User", request.user)
    require(by, PLAN)
    rows = Departure.objects.select_related("user", "planned_by").order_by("-pk")[:100]
    theirs = let_go_by(by, [row.user for row in rows])
    shown = [row for row in rows if row.user_id in theirs or row.planned_by == by]
    return render(request, "staff/departures.html", {"rows": shown})


def _show(request: HttpRequest, user: User, departure: Departure) -> HttpResponse:
    jobs = Job.objects.filter(kind=JOB, params__departure=departure.pk)
    job = jobs.order_by("-created_at").first()
    running = departure.state == DepartureState.RUNNING
    people = User.objects.in_bulk([int(key) for key in departure.handed if key])
    handed = [
        {"name": str(people[int(key)]) if key else "", "number": number}
        for key, number in departure.handed.items()
    ]
    context = {
        "person": user,
        "departure": departure,
        "job": job,
        "stuck": running and (job is None or not job.active),
        "handed": handed,
        "left": _held(work_of(user)),
        "successors": departure.successors.select_related("team", "to"),
        "planned": departure.state == DepartureState.PLANNED,
        "back_url": reverse("staff:cleared"),
    }
    return render(request, "staff/departure.html", context)


def _person(request: HttpRequest, pk: int) -> User:
    """Return whom the reader may let go, or whose leaving they planned; else 404."""
    by = cast("User", request.user)
    require(by, PLAN)
    user = User.objects.filter(pk=pk).first()
    if user is None:
        raise Http404
    planned = Departure.objects.filter(user=user, planned_by=by)
    if not may_let_go(by, user) and (user.pk == by.pk or not planned.exists()):
        raise Unseen(user)
    return user


def _comes_back(departure: Departure, user: User) -> bool:
    """Tell whether somebody left, was let back in, and may leave again."""
    return departure.state == DepartureState.DONE and user.is_active


def _teams(user: User, held: dict[str, dict[int, int]]) -> list[dict[str, Any]]:
    """Return the teams in which somebody has to take over, and who can."""
    alone = sole_led_teams(user)
    wanted = {team for teams in held.values() for team in teams} | set(alone)
    able = heirs_in(wanted, held)
    people = User.objects.in_bulk({pk for team in able.values() for pk in team})
    found = []
    for team in Team.objects.filter(pk__in=wanted).order_by("slug"):
        heirs = [people[pk] for pk in able[team.pk] if pk != user.pk and pk in people]
        found.append(
            {
                "team": team,
                "number": sum(teams.get(team.pk, 0) for teams in held.values()),
                "led": team.pk in alone,
                "people": sorted(heirs, key=str),
            }
        )
    return found


def _held(held: dict[str, dict[int, int]]) -> list[dict[str, Any]]:
    teams = Team.objects.in_bulk({team for each in held.values() for team in each})
    return [
        {"title": kind.title, "team": teams[team], "number": number}
        for kind in work_kinds()
        for team, number in sorted(held.get(kind.key, {}).items())
    ]


def _today() -> dt.date:
    return localtime(now()).date()
