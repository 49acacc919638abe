"""Care contacts: mine and my teams', what came of them, and the plans they come from."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers.actions import care
from customers.forms.care import NextForm, OutcomeForm, PlanForm, PutOffForm
from customers.models import CareContact, CareOutcome, CarePlan, CareState
from customers.permissions import CARE, PLAN_CARE
from customers.queries.care import consents_to_care
from customers.queries.masks import name_of
from customers.views.one import one_customer, staff
from customers.views.rights import UNPROCESSABLE
from servicedesk.audit.actions import record_view
from servicedesk.core.access import fetch, may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

PAGE = 50


@login_required
@require_GET
def contacts_page(request: HttpRequest) -> HttpResponse:
    """List what is due: mine and nobody's, or everybody's; soonest first."""
    user, moment = staff(request), now()
    require(user, CARE)
    everyone = request.GET.get("show") == "all"
    found = CareContact.objects.visible_to(user).due()
    if not everyone:
        found = found.filter(owner=user) | found.filter(owner=None)
    rows = found.select_related("customer", "plan", "owner").order_by("due_at", "pk")
    shown = list(rows[: PAGE + 1])
    base = reverse("customers:care")
    context = {
        "rows": [_row(each, user, moment) for each in shown[:PAGE]],
        "more": len(shown) > PAGE,
        "tabs": [
            {"label": _("Mine and nobody’s"), "url": base, "current": not everyone},
            {"label": _("All"), "url": f"{base}?show=all", "current": everyone},
        ],
        "may_plan": may(user, PLAN_CARE),
    }
    return render(request, "customers/care.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def outcome(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down what came of a contact."""
    contact, user = _contact(request, pk), staff(request)
    form = OutcomeForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            care.record(
                contact=contact,
                outcome=CareOutcome(said["outcome"]),
                words=said["words"],
                by=user,
                now=now(),
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:care")
    return _form(request, form, _("Record the contact"), contact)


@login_required
@require_GET
def one_contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what came of a contact, in the words that were written down."""
    contact, user = _contact(request, pk), staff(request)
    record_view(instance=contact.customer, by=user, now=now())
    context = {"contact": contact, "customer": name_of(contact.customer, user)}
    return render(request, "customers/care_contact.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def put_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a contact due on another day."""
    contact, user = _contact(request, pk), staff(request)
    form = PutOffForm(request.POST or None)
    if form.is_valid():
        until = form.cleaned_data["until"]
        try:
            care.put_off(contact=contact, until=until, by=user, now=now())
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:care")
    return _form(request, form, _("Put the contact off"), contact)


@login_required
@require_GET
def panel(request: HttpRequest, number: int) -> HttpResponse:
    """Show what is due with one customer and what was, beside their record."""
    customer, user = one_customer(request, number), staff(request)
    found = CareContact.objects.filter(customer=customer).select_related("plan")
    moment = now()
    context = {
        "customer": customer,
        "agreed": consents_to_care(customer),
        "due": [_row(each, user, moment) for each in found.due().order_by("due_at")],
        "done": list(found.filter(state=CareState.DONE).order_by("-done_at")[:5]),
        "may_care": may(user, CARE),
    }
    return render(request, "customers/_care_panel.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def next_contact(request: HttpRequest, number: int) -> HttpResponse:
    """Make a contact due by hand."""
    customer, user = one_customer(request, number, CARE), staff(request)
    form = NextForm(request.POST or None, team=customer.team_id)
    if form.is_valid():
        said = form.cleaned_data
        try:
            care.plan_contact(
                plan=said["plan"], customer=customer, due_at=said["until"], by=user
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:care")
    context = {
        "title": _("Plan a care contact"),
        "explanation": customer.code,
        "form": form,
        "submit_label": _("Save"),
        "action_url": request.path,
        "cancel_url": reverse("customers:care"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)


@login_required
@require_GET
def plans_page(request: HttpRequest) -> HttpResponse:
    """List the plans."""
    require(staff(request), PLAN_CARE)
    plans = CarePlan.objects.select_related("team", "tag").order_by("-active", "pk")
    return render(request, "customers/care_plans.html", {"plans": plans})


@login_required
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a plan, or change one."""
    require(staff(request), PLAN_CARE)
    mine = CarePlan.objects.filter(team__in=team_ids(staff(request)))
    plan = get_object_or_404(mine, pk=pk) if pk else None
    form = PlanForm(request.POST or None, instance=plan)
    if form.is_valid():
        form.save()
        return redirect("customers:care-plans")
    context = {
        "title": _("Care plan"),
        "explanation": _("Only who agreed to care contacts is called on."),
        "form": form,
        "submit_label": _("Save"),
        "action_url": request.path,
        "cancel_url": reverse("customers:care-plans"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)


def _contact(request: HttpRequest, pk: UUID) -> CareContact:
    user = staff(request)
    rows = CareContact.objects.select_related("customer", "plan", "owner", "done_by")
    found = fetch(rows, user, pk=pk)
    if not may(user, CARE):
        raise PermissionDenied
    return found


def _row(contact: CareContact, user: User, moment: dt.datetime) -> dict[str, Any]:
    return {
        "contact": contact,
        "customer": name_of(contact.customer, user),
        "late": contact.due_at <= moment - dt.timedelta(days=7),
    }


def _form(
    request: HttpRequest, form: Any, title: str, contact: CareContact
) -> HttpResponse:
    context = {
        "title": title,
        "explanation": f"{contact.customer.code} · {contact.plan}",
        "form": form,
        "submit_label": _("Save"),
        "action_url": request.path,
        "cancel_url": reverse("customers:care"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)
