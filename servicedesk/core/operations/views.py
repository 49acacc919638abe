"""The pages about the running system: how it is, and closing it for a while."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from servicedesk.core.access import may, reader, require
from servicedesk.core.actions.maintenance import begin_maintenance, end_maintenance
from servicedesk.core.errors import RuleError
from servicedesk.core.health import findings
from servicedesk.core.models import Maintenance
from servicedesk.core.operations import status
from servicedesk.core.operations.forms import ClosingForm
from servicedesk.core.operations.maintenance import PERMISSION, look_again
from servicedesk.core.panels import panels_for

VIEW = "core.view_heartbeat"
SLOT = "system.health"
"""Where other apps show their own part of it, such as backups."""
_PAST = 10


@login_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show how the system is at this moment."""
    user = reader(request)
    require(user, VIEW)
    facts = status.facts()
    context = {
        "findings": findings(),
        "facts": facts,
        "processes": status.processes(facts.at),
        "queues": status.queue_lines(facts.at),
        "sweeps": status.sweep_lines(facts.at),
        "places": status.places(),
        "jobs": status.jobs_under_way(),
        "version": settings.VERSION,
        "panels": list(panels_for(SLOT, user)),
        "closes": may(user, PERMISSION),
    }
    return render(request, "system/health.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def maintenance(request: HttpRequest) -> HttpResponse:
    """Show whether the desk is closed, and close it."""
    user = reader(request)
    require(user, PERMISSION)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form)
    try:
        begin_maintenance(closing=form.closing(), by=user, now=now())
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form)
    look_again()
    messages.success(request, _("The desk is closed to all but administrators."))
    return redirect("operations:maintenance")


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Open the desk again."""
    user = reader(request)
    require(user, PERMISSION)
    try:
        end_maintenance(by=user, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The desk is open again."))
    look_again()
    return redirect("operations:maintenance")


def _page(request: HttpRequest, form: ClosingForm) -> HttpResponse:
    rows = Maintenance.objects.select_related("begun_by").order_by("-begun_at")
    found = list(rows[: _PAST + 1])
    context = {
        "form": form,
        "now_closed": next((row for row in found if row.ended_at is None), None),
        "past": [row for row in found if row.ended_at is not None],
    }
    return render(
        request, "system/maintenance.html", context, status=422 if form.errors else 200
    )
