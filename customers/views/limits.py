"""Where alarms begin: set the limits, and confirm higher ones that another proposed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions import watch_limits
from customers.forms.alarms import LimitsForm
from customers.models import LimitsChange, RevealLimits
from customers.permissions import SET_LIMITS
from customers.views import by_two
from customers.views.one import staff
from servicedesk.core.access import require

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def limits(request: HttpRequest) -> HttpResponse:
    """Show the limits and their changes, and set them."""
    user = staff(request)
    require(user, SET_LIMITS)
    stored = RevealLimits.objects.first() or RevealLimits()
    form = LimitsForm(request.POST or None, instance=stored)
    if form.is_valid():
        waits = watch_limits.change_limits(values=form.cleaned_data, by=user, now=now())
        said = _("Saved.")
        if waits:
            said = _(
                "What is lower holds now. What is higher waits for another person."
            )
        messages.success(request, said)
        return redirect("customers:limits")
    context = {
        "form": form,
        "changes": by_two.lines(
            LimitsChange, user, page="customers:limits", naming=_named, at=now()
        ),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/limits.html", context, status=status)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put higher limits in force that another proposed."""
    change = by_two.found(request, LimitsChange, pk, SET_LIMITS)
    act = watch_limits.confirm_limits
    return by_two.decide(request, change, act, back="customers:limits")


@login_required
@require_POST
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take away what waits."""
    change = by_two.found(request, LimitsChange, pk, SET_LIMITS)
    act = watch_limits.drop_limits
    return by_two.decide(request, change, act, back="customers:limits")


def _named(key: str, value: Any) -> tuple[str, Any]:
    names = {field.name: field.verbose_name for field in RevealLimits._meta.fields}
    return str(names.get(key, key)), value
