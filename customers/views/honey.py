"""Honey records: plant one, see which there are, retire one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions import honey as actions
from customers.forms.honey import PlantForm
from customers.models import HoneyRecord
from customers.permissions import HONEY
from customers.views.one import staff
from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def honey(request: HttpRequest) -> HttpResponse:
    """Show the honey records, and plant another."""
    require(staff(request), HONEY)
    form = PlantForm(request.POST or None)
    if form.is_valid():
        try:
            actions.plant(team=form.cleaned_data["team"], by=staff(request), now=now())
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It will appear within a day."))
            return redirect("customers:honey")
    teams = {team.pk: str(team) for team in Team.objects.all()}
    rows = HoneyRecord.objects.filter(retired=False).order_by("pk")
    context = {"form": form, "rows": [_row(each, teams) for each in rows]}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/honey.html", context, status=status)


@login_required
@require_POST
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Raise no more alarms for one."""
    require(staff(request), HONEY)
    found = HoneyRecord.objects.filter(pk=pk, retired=False).first()
    if found is None:
        raise Http404
    actions.retire(honey=found, by=staff(request), now=now())
    messages.success(request, _("Retired."))
    return redirect("customers:honey")


def _row(record: HoneyRecord, teams: dict[int, str]) -> dict[str, Any]:
    facts = actions.facts_of(record)
    number = facts.get("number")
    return {
        "customer": f"C-{number:06d}" if number else "",
        "team": teams.get(facts.get("team", 0), "–"),
        "retire_url": reverse("customers:retire-honey", args=[record.pk]),
    }
