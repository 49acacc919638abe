"""Have a backup made now; stop one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servicedesk.backups.actions.asking import ask_for_backup
from servicedesk.backups.actions.runs import stop
from servicedesk.backups.forms import StartForm
from servicedesk.backups.models import Run
from servicedesk.backups.plan import current_plan
from servicedesk.backups.tasks import nudge
from servicedesk.backups.views.page import ADD, VIEW, find
from servicedesk.core.access import may, reader, require
from servicedesk.core.errors import RuleError

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask first, then let a worker begin."""
    _may_act(request)
    destination = current_plan(now=now()).destination
    form = StartForm(request.POST or None, initial={"destination": destination})
    if form.is_valid():
        try:
            made = ask_for_backup(
                by=reader(request),
                now=now(),
                destination=form.cleaned_data["destination"],
                note=form.cleaned_data["note"],
            )
        except RuleError as refusal:
            messages.error(request, str(refusal))
            return redirect("backups:page")
        nudge()
        return redirect("backups:backup", made.pk)
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "backups/start.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then stop it."""
    _may_act(request)
    back = reverse("backups:backup", args=[pk])
    return ask_to_stop(request, find(pk), "backups/cancel.html", back)


def ask_to_stop(
    request: HttpRequest, run: Run, template: str, back_url: str
) -> HttpResponse:
    """Ask first, then stop a run that the reader may stop; then back to its page."""
    if request.method == "GET":
        return render(request, template, {"back_url": back_url})
    try:
        after = stop(run=run, by=reader(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        said = _("It will stop in a moment.") if after.unfinished else _("Stopped.")
        messages.success(request, said)
    return redirect(back_url)


def _may_act(request: HttpRequest) -> None:
    user = reader(request)
    require(user, VIEW)
    if not may(user, ADD):
        raise PermissionDenied
