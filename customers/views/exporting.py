"""The pages of exports: ask, approve, fetch."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from customers.actions import export as acts
from customers.forms.exporting import ExportForm
from customers.models import (
    CustomerKind,
    ExportFormat,
    ExportRequest,
    ExportState,
    Tag,
)
from customers.permissions import APPROVE_EXPORT, EXPORT
from customers.queries.export_rows import BY_KEY
from customers.queries.exports import may_decide
from customers.views.one import staff
from customers.views.proved import proof_first
from servicedesk.core.access import Unseen, fetch, may, require
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.words import left_of, progress_of
from servicedesk.core.sheets import csv_lines, xlsx_bytes
from servicedesk.core.tasks import nudge_jobs
from servicedesk.staff.models import Team

UNPROCESSABLE = 422
_SHOWN = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """List one's exports; for those who approve, everybody's, what waits first."""
    user = staff(request)
    _require_either(request)
    found = ExportRequest.objects.visible_to(user).select_related("by", "decided_by")
    waiting = found.filter(state=ExportState.ASKED).order_by("pk")[:_SHOWN]
    rest = found.exclude(state=ExportState.ASKED).order_by("-pk")[:_SHOWN]
    context = {
        "waiting": [_line(each) for each in waiting],
        "rest": [_line(each) for each in rest],
        "ask_url": reverse("customers:export-ask") if may(user, EXPORT) else "",
    }
    return render(request, "customers/exports.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def ask_export(request: HttpRequest) -> HttpResponse:
    """Ask for an export."""
    user = staff(request)
    require(user, EXPORT)
    if first := proof_first(request, reverse("customers:export-ask")):
        return first
    begin = {
        "columns": ["number", "name", "kind", "city", "phone"],
        "format": ExportFormat.XLSX,
        "purpose": "service",
    }
    form = ExportForm(request.POST or None, initial=begin)
    if form.is_valid():
        try:
            asked = acts.ask(by=user, now=now(), **form.wanted())
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Asked. Somebody else has to approve it."))
            return redirect("customers:export", asked.pk)
    context = {
        "title": _("Ask for an export"),
        "explanation": _(
            "Only customers whom you may see, masked as you see them. Somebody else "
            "approves it; every copy carries your name."
        ),
        "form": form,
        "submit_label": _("Ask for approval"),
        "action_url": reverse("customers:export-ask"),
        "cancel_url": reverse("customers:exports"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/ask.html", context, status=status)


@login_required
@require_safe
def one_export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an export as it stands, and what may be done about it."""
    export, user = _fetch(request, pk), staff(request)
    job = export.job
    mine = export.by_id == user.pk
    asked, ready = export.state == ExportState.ASKED, export.state == ExportState.READY
    context = {
        **_line(export),
        "facts": _facts(export),
        "may_decide": asked and may_decide(export, user),
        "may_withdraw": asked and mine,
        "may_fetch": ready and mine,
        "own": asked and mine,
        "downloads_left": acts.MOST_DOWNLOADS - export.downloads,
        "job": job,
        "progress": progress_of(job) if job else "",
        "left": left_of(job, now()) if job else "",
        "live": f"job:{job.pk}" if job else "",
        "running": export.state == ExportState.RUNNING,
    }
    if job and context["running"]:
        request.live_channels = [f"job:{job.pk}"]  # type: ignore[attr-defined]
    return render(request, "customers/export.html", context)


@login_required
@require_POST
def decide_export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve or refuse what another asked for."""
    export, user = _fetch(request, pk), staff(request)
    if not may(user, APPROVE_EXPORT):
        raise PermissionDenied
    approve = request.POST.get("decision") == "approve"
    if approve and (first := proof_first(request, _page_of(export))):
        return first
    return _do(
        request, export, lambda moment: acts.decide(
            export=export, approve=approve, by=user, now=moment
        ),
    )  # fmt: skip


@login_required
@require_POST
def withdraw_export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what one asked for."""
    export = _fetch(request, pk)
    if export.by_id != staff(request).pk:
        raise PermissionDenied
    return _do(request, export, lambda moment: acts.withdraw(export=export, now=moment))


@login_required
@require_POST
def fetch_export(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Hand the file to whoever asked for it, with a mark that says so."""
    export, moment = _fetch(request, pk), now()
    if first := proof_first(request, _page_of(export)):
        return first
    try:
        export = acts.hand_out(export=export, by=staff(request), now=moment)
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:export", pk)
    rows = acts.table_of(export, moment)
    response: HttpResponseBase
    if export.format == ExportFormat.XLSX:
        mark = acts.watermark(export, moment)
        content = xlsx_bytes(rows, title=str(_("Customers")), mark=mark)
        response = HttpResponse(content, content_type=_XLSX)
    else:
        response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv")
    name = f"{export.mark}.{export.format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _page_of(export: ExportRequest) -> str:
    return reverse("customers:export", args=[export.pk])


def _do(
    request: HttpRequest,
    export: ExportRequest,
    act: Callable[[dt.datetime], object],
) -> HttpResponse:
    try:
        act(now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        nudge_jobs()
    return redirect("customers:export", export.pk)


def _require_either(request: HttpRequest) -> None:
    user = staff(request)
    if not (may(user, EXPORT) or may(user, APPROVE_EXPORT)):
        raise Unseen


def _fetch(request: HttpRequest, pk: UUID) -> ExportRequest:
    _require_either(request)
    found = fetch(
        ExportRequest.objects.select_related("by", "decided_by", "job"),
        staff(request),
        pk=pk,
    )
    return acts.settle(export=found)


_TONES: dict[str, str] = {
    ExportState.ASKED: "warn", ExportState.RUNNING: "accent", ExportState.READY: "ok",
    ExportState.FAILED: "bad", ExportState.REFUSED: "bad",
}  # fmt: skip


def _line(export: ExportRequest) -> dict[str, Any]:
    return {
        "export": export,
        "url": reverse("customers:export", args=[export.pk]),
        "state": export.get_state_display(),
        "tone": _TONES.get(export.state, ""),
        "by": str(export.by),
    }


def _facts(export: ExportRequest) -> list[tuple[str, Any]]:
    given = export.filters
    teams = Team.objects.filter(pk=given.get("team", 0))
    tags = Tag.objects.filter(pk=given.get("tag", 0))
    owning = Team.objects.filter(pk__in=export.teams).order_by("pk")
    which = [
        *([str(CustomerKind(given["kind"]).label)] if given.get("kind") else []),
        *(str(each) for each in (*teams, *tags)),
        *([f"≥ {given['since']}"] if given.get("since") else []),
        *([f"≤ {given['until']}"] if given.get("until") else []),
    ]
    return [
        (_("Purpose"), export.get_purpose_display()),
        (_("Reason"), str(export.reason)),
        (_("Which customers"), " · ".join(which) or _("All whom the asker may see")),
        (_("Columns"), ", ".join(str(BY_KEY[key].label) for key in export.columns)),
        (_("Format"), export.get_format_display()),
        (_("Customers when asked"), export.expected),
        (_("Teams whose customers they are"), ", ".join(map(str, owning))),
    ]
