"""The pages of long work: which jobs there are, how far one is, stop, try again."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servicedesk.core.access import fetch, may, reader
from servicedesk.core.actions.jobs import cancel_job, may_retry, retry_job
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import find_kind
from servicedesk.core.jobs.telling import EVERY
from servicedesk.core.jobs.words import (
    error_of,
    left_of,
    progress_of,
    result_of,
    title_of,
)
from servicedesk.core.models import Job, JobState
from servicedesk.core.tasks import nudge_jobs

PAGE = 25
TONES = {"running": "accent", "done": "ok", "failed": "bad", "cancelled": ""}


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """List the newest jobs that the reader may see."""
    user, moment = reader(request), now()
    found = Job.objects.visible_to(user).select_related("by")
    before = _one(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=before)
    shown = list(found.order_by("-pk")[: PAGE + 1])
    more, shown = len(shown) > PAGE, shown[:PAGE]
    context = {
        "rows": [_row(job, moment) for job in shown],
        "live": f"{EVERY} user:{user.pk}",
        "url": request.get_full_path(),
        "next_url": f"{request.path}?before={shown[-1].pk}" if more else "",
        "newer_url": request.path if before else "",
    }
    return render(request, "jobs/jobs.html", context)


@login_required
@require_GET
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one job; a script looks again by itself, others by the link."""
    found = _fetch(request, pk)
    request.live_channels = [f"job:{found.pk}"]  # type: ignore[attr-defined]
    return render(request, "jobs/job.html", _context(request, found))


@login_required
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask first, then stop the job."""
    found = _fetch(request, pk, act=True)
    if request.method == "GET":
        context = _row(found, now())
        context["back_url"] = context["url"]
        return render(request, "jobs/cancel.html", context)
    try:
        after = cancel_job(job=found, by=reader(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        said = {
            True: _("It will stop when the portion that is running is done."),
            False: _("Cancelled. What was done before stays done."),
        }
        messages.success(request, said[after.active])
    return redirect("jobs:job", pk)


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go on with a job that failed."""
    found = _fetch(request, pk, act=True)
    try:
        retry_job(job=found, by=reader(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        nudge_jobs()
        messages.success(request, _("It goes on from where it stopped."))
    return redirect("jobs:job", pk)


def _fetch(request: HttpRequest, pk: UUID, *, act: bool = False) -> Job:
    """Fetch a job: 404 unless visible, 403 unless the reader may change it."""
    user = reader(request)
    found = fetch(Job.objects.select_related("by"), user, pk=pk)
    if act and not _may_change(found, user):
        raise PermissionDenied
    return found


def _may_change(job: Job, user: AbstractBaseUser) -> bool:
    kind = find_kind(job.kind)
    return (
        job.by_id == user.pk
        or may(user, "core.change_job")
        or (kind is not None and may(user, kind.permission))
    )


def _context(request: HttpRequest, job: Job) -> dict[str, Any]:
    kind = find_kind(job.kind)
    mine = _may_change(job, reader(request))
    linked = job.state == JobState.DONE and kind is not None and kind.result_url
    return _row(job, now()) | {
        "live": f"job:{job.pk}",
        "over": not job.active,
        "may_cancel": mine and job.active and not job.cancelling,
        "may_retry": job.state == JobState.FAILED and may_retry(job, reader(request)),
        "result_url": linked(job) if linked else "",
        "result": result_of(job),
    }


def _row(job: Job, moment: dt.datetime) -> dict[str, Any]:
    return {
        "job": job,
        "title": title_of(job),
        "url": reverse("jobs:job", args=[job.pk]),
        "tone": TONES.get(job.state, ""),
        "state": _("Stopping …") if job.cancelling else job.get_state_display(),
        "progress": progress_of(job),
        "left": left_of(job, moment),
        "error": error_of(job),
        "by": str(job.by) if job.by_id else _("the system"),
    }


def _one(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
