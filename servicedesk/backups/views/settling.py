"""Change the plan; add a recipient; switch one on or off."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servicedesk.backups.actions.settling import (
    add_recipient,
    save_plan,
    switch_recipient,
)
from servicedesk.backups.forms import PlanForm, RecipientForm
from servicedesk.backups.models import Recipient
from servicedesk.backups.plan import current_plan
from servicedesk.backups.views.acts import UNPROCESSABLE
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

SEE_PLAN, PLAN = "backups.view_backupplan", "backups.change_backupplan"
SEE_PEOPLE = "backups.view_recipient"
NAME, SWITCH = "backups.add_recipient", "backups.change_recipient"


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """Show the plan as a form, and keep it."""
    user = _allowed(request, SEE_PLAN, PLAN)
    form = PlanForm(request.POST or None, instance=current_plan(now=now()))
    if form.is_valid():
        save_plan(values=form.cleaned_data, by=user, now=now())
        messages.success(request, _("Saved."))
        return redirect("backups:page")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "backups/plan.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def recipient(request: HttpRequest) -> HttpResponse:
    """Ask for a public key, and let it open the backups from now on."""
    user = _allowed(request, SEE_PEOPLE, NAME)
    form = RecipientForm(request.POST or None)
    if form.is_valid():
        try:
            add_recipient(**form.cleaned_data, by=user, now=now())
        except RuleError as refusal:
            form.add_error("key", str(refusal))
        else:
            messages.success(request, _("From now on backups are sealed to it too."))
            return redirect("backups:page")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "backups/recipient.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then switch a recipient on or off."""
    user = _allowed(request, SEE_PEOPLE, SWITCH)
    found = Recipient.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    if request.method == "GET":
        return render(
            request,
            "backups/switch.html",
            {"recipient": found, "back_url": reverse("backups:page")},
        )
    # What the form showed, so that two clicks are as good as one.
    active = request.POST.get("active") == "1"
    try:
        switch_recipient(recipient=found, active=active, by=user, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("backups:page")


def _allowed(request: HttpRequest, see: str, act: str) -> User:
    """Return the person; 404 if they may not see it, 403 if they may not change it."""
    user = cast("User", request.user)
    require(user, see)
    if not may(user, act):
        raise PermissionDenied
    return user
