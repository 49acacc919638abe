"""The page about security checks: what is found, what to do, and since when."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from servicedesk.core.access import may, reader, require
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.actions.security_checks import acknowledge
from servicedesk.core.errors import RuleError
from servicedesk.core.limits import allowed
from servicedesk.core.models import (
    CheckRunState,
    Job,
    Level,
    SecurityCheckRun,
    SecurityFinding,
)
from servicedesk.core.security_checks import showing
from servicedesk.core.security_checks.forms import AcknowledgeForm
from servicedesk.core.security_checks.jobs import JOB, PERMISSION
from servicedesk.core.sheets import csv_lines
from servicedesk.core.tasks import nudge_jobs
from servicedesk.core.views import too_many

VIEW = "core.view_securityfinding"
CHANGE = "core.change_securityfinding"
UNPROCESSABLE = 422
CONTACT_KEPT = dt.timedelta(days=180)
COLUMNS = (Level.BAD, Level.WARN, Level.UNCHECKED, Level.NOTE, Level.OK)


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what the newest look found, by how much it matters."""
    user, moment = reader(request), now()
    require(user, VIEW)
    lines = showing.lines_of(showing.open_findings(), now=moment, user=user)
    run = showing.newest_done()
    tone, words = showing.overall(lines, run, now=moment)
    job = Job.objects.active().filter(kind=JOB).values_list("pk", flat=True).first()
    context = {
        "tone": tone,
        "overall": words,
        "lines": [each for each in lines if not each.aside],
        "aside": [each for each in lines if each.aside],
        "in_order": showing.in_order(run),
        "run": run,
        "columns": [level.label for level in COLUMNS],
        "runs": [_row(each) for each in showing.newest_runs()],
        "job_url": reverse("jobs:job", args=[job]) if job else "",
        "may_run": may(user, PERMISSION),
        "may_acknowledge": may(user, CHANGE),
    }
    return render(request, "system/security.html", context)


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Let a worker look at everything now."""
    user = reader(request)
    require(user, VIEW)
    try:
        job = start_job(kind=JOB, params={}, by=user, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("security:page")
    nudge_jobs()
    return redirect("jobs:job", job.pk)


@login_required
@require_http_methods(["GET", "POST"])
def acknowledge_it(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask why and until when, then put the finding aside."""
    user, moment = reader(request), now()
    require(user, VIEW)
    finding = SecurityFinding.objects.filter(pk=pk).first()
    if finding is None:
        raise Http404
    if not may(user, CHANGE):
        raise PermissionDenied
    form = AcknowledgeForm(request.POST or None, now=moment)
    if form.is_valid():
        try:
            acknowledge(
                finding=finding,
                why=form.cleaned_data["why"],
                until=form.cleaned_data["until"],
                by=user,
                now=moment,
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Acknowledged."))
            return redirect("security:page")
    context = {
        "line": showing.line_of(finding, now=moment),
        "form": form,
        "action_url": request.path,
        "cancel_url": reverse("security:page"),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "system/security_acknowledge.html", context, status=status)


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Give what is open as a table; no names and no ids of people."""
    require(reader(request), VIEW)
    moment = now()
    head = [
        *(_("Check"), _("Level"), _("What was found"), _("What to do")),
        *(_("First seen"), _("Last seen"), _("Acknowledged until"), _("Reason")),
    ]
    rows = [_cells(each, moment) for each in showing.open_findings()]
    response = HttpResponse(
        b"".join(csv_lines([head, *rows])), content_type="text/csv; charset=utf-8"
    )
    name = f"security-{localtime(moment):%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Tell whoever found a weakness whom to write to (RFC 9116)."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    if not allowed(request, "security-txt", limit=60, seconds=60):
        return too_many(request)
    # The file asks for a day on which it is read anew, not for a promise.
    expires = now().replace(microsecond=0) + CONTACT_KEPT
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires.isoformat()}",
        "Preferred-Languages: zh, en",
        f"Canonical: {settings.BASE_URL}{reverse('security-txt')}",
    ]
    return HttpResponse(
        "\n".join([*lines, ""]), content_type="text/plain; charset=utf-8"
    )


def _cells(finding: SecurityFinding, moment: dt.datetime) -> list[str]:
    line = showing.line_of(finding, now=moment)
    until = finding.acknowledged_until
    return [
        *(line.title, line.level, line.what, line.todo),
        *(_day(finding.first_seen), _day(finding.last_seen)),
        *(_day(until), str(finding.why or "") if until else ""),
    ]


def _day(value: dt.datetime | None) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M}" if value else ""


def _row(run: SecurityCheckRun) -> dict[str, object]:
    done = run.state == CheckRunState.DONE
    return {
        "run": run,
        "by": str(run.by) if run.by_id else _("the system"),
        "state": run.get_state_display(),
        "counts": [(level.label, run.count(level)) for level in COLUMNS]
        if done
        else [],
    }
