"""The pages of an import: upload, name the columns, check, import, fetch what was rejected."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions import import_file
from customers.forms.importing import MappingForm, UploadForm
from customers.models import ImportBatch, ImportState
from customers.permissions import IMPORT
from customers.queries import import_page
from customers.views.one import staff
from customers.views.proved import proof_first
from customers.views.uploads import in_memory
from servicedesk.audit.actions import record_export
from servicedesk.core.access import fetch, require
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.words import left_of, progress_of
from servicedesk.core.sheets import csv_lines
from servicedesk.core.tasks import nudge_jobs
from servicedesk.staff.queries import team_ids

UNPROCESSABLE = 422
_SHOWN = 50


@in_memory
@login_required
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """List one's imports, and take in a file."""
    user = staff(request)
    require(user, IMPORT)
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        batch = import_file.take_in(
            content=file.read(), name=str(file.name), by=user, now=now()
        )
        nudge_jobs()
        return redirect("customers:import", batch.pk)
    found = ImportBatch.objects.visible_to(user).order_by("-pk")[:_SHOWN]
    context = {"form": form, "batches": [_line(batch) for batch in found]}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/imports.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def one_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an import as it stands; a POST names its columns and has it checked."""
    batch = _fetch(request, pk)
    form = _form(request, batch)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            import_file.name_columns(
                batch=batch, by=staff(request), now=now(), **form.wanted()
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_jobs()
            return redirect("customers:import", batch.pk)
    wrong = form is not None and form.is_bound
    context = {**_line(batch), **_page(request, batch), "form": form}
    if batch.job_id and context["busy"]:
        request.live_channels = [f"job:{batch.job_id}"]  # type: ignore[attr-defined]
    status = UNPROCESSABLE if wrong else 200
    return render(request, "customers/import.html", context, status=status)


@login_required
@require_POST
def begin_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Import what was checked, or go on where it stopped."""
    batch = _fetch(request, pk)
    try:
        import_file.begin(batch=batch, by=staff(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        nudge_jobs()
    return redirect("customers:import", batch.pk)


@login_required
@require_http_methods(["GET", "POST"])
def forget_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask first, then delete the file and its rejected rows."""
    batch = _fetch(request, pk)
    if request.method == "GET":
        context = {
            "title": _("Delete this file?"),
            "explanation": _(
                "The file and its rejected rows are deleted for good. "
                "Customers who were imported stay."
            ),
            "submit_label": _("Delete the file"),
            "danger": True,
            "action_url": reverse("customers:import-forget", args=[batch.pk]),
            "cancel_url": reverse("customers:import", args=[batch.pk]),
        }
        return render(request, "customers/ask.html", context)
    try:
        import_file.forget(batch=batch, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Deleted. What was imported stays."))
    return redirect("customers:import", batch.pk)


@login_required
@require_POST
def rejected(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Hand out the rejected rows with the reason beside each, to mend and upload again."""
    batch = _fetch(request, pk)
    if first := proof_first(request, reverse("customers:import", args=[batch.pk])):
        return first
    count = batch.problems.values("row").distinct().count()
    if not count or batch.forgotten_at is not None:
        messages.error(request, _("There are no rejected rows to fetch."))
        return redirect("customers:import", batch.pk)
    record_export(
        model=ImportBatch,
        count=count,
        purpose="service",
        by=staff(request),
        now=now(),
        filters={"import": str(batch.pk)},
    )
    rows = import_page.rejected_rows(batch, import_file.all_rows(batch))
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _fetch(request: HttpRequest, pk: UUID) -> ImportBatch:
    user = staff(request)
    require(user, IMPORT)
    found = fetch(ImportBatch.objects.select_related("job", "team"), user, pk=pk)
    return import_file.settle(batch=found)


def _form(request: HttpRequest, batch: ImportBatch) -> MappingForm | None:
    """Return the form of the columns while they may be named."""
    nameable = batch.state in {
        ImportState.MAPPING,
        ImportState.CHECKED,
        ImportState.STOPPED,
    }
    if not nameable or batch.forgotten_at or batch.counts.get("written"):
        return None
    teams = team_ids(staff(request))
    initial = {
        "known": batch.known,
        "team": batch.team_id or (next(iter(teams)) if len(teams) == 1 else None),
        "language": batch.language,
        "basis": batch.basis,
        "way": batch.way,
        **{f"column{place}": key for place, key in batch.mapping.items()},
    }
    return MappingForm(
        request.POST or None,
        heads=import_page.heads_of(batch),
        teams=teams,
        initial=initial,
    )


_BUSY = (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING)
_TONES: dict[str, str] = {
    ImportState.DONE: "ok", ImportState.FAILED: "bad", ImportState.STOPPED: "warn",
}  # fmt: skip


def _line(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch": batch,
        "url": reverse("customers:import", args=[batch.pk]),
        "state": batch.get_state_display(),
        "tone": _TONES.get(batch.state, "accent" if batch.state in _BUSY else ""),
        "busy": batch.state in _BUSY,
    }


def _page(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    job, counts = batch.job, batch.counts
    labels = (
        ("new", _("New customers")),
        ("filled", _("Known, something filled in")),
        ("same", _("Known, nothing to add")),
        ("rejected", _("Rejected rows")),
    )
    judged = batch.state in {
        ImportState.CHECKED,
        ImportState.DONE,
        ImportState.STOPPED,
        ImportState.RUNNING,
    }
    faulty = bool(counts.get("rejected")) and batch.forgotten_at is None
    return {
        "job": job,
        "progress": progress_of(job) if job else "",
        "left": left_of(job, now()) if job else "",
        "live": f"job:{job.pk}" if job else "",
        "heads": import_page.heads_of(batch),
        "rows": import_page.first_rows(batch, staff(request)),
        "figures": [(label, counts.get(key, 0)) for key, label in labels]
        if judged
        else [],
        "faults": import_page.faults_of(batch) if faulty else [],
        "problems": import_page.first_problems(batch) if faulty else [],
        "fault": import_page.FILE_FAULTS.get(counts.get("fault", ""), ""),
        "may_begin": batch.state == ImportState.CHECKED
        or (batch.state == ImportState.STOPPED and bool(counts.get("written"))),
        "goes_on": batch.state == ImportState.STOPPED,
    }
