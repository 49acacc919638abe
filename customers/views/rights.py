"""Requests of the person, for those who handle them: the list, one request, a panel."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers.actions import rights
from customers.forms.rights import NewRequestForm, RightsSettingsForm
from customers.models import (
    Customer,
    IdentityFact,
    RightsKind,
    RightsRequest,
    RightsState,
    RightsWay,
)
from customers.permissions import (
    APPROVE_ERASURE,
    CHANGE,
    HANDLE_RIGHTS,
)
from customers.queries import doubles
from customers.queries.corrections import corrections_of
from customers.queries.kept import reasons_of
from customers.queries.rights import current_settings, customer_numbered, in_the_way
from customers.views.one import one_customer, staff
from servicedesk.audit.actions import record_view
from servicedesk.core.access import Unseen, fetch, may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

PAGE = 25
UNPROCESSABLE = 422
TONES = {
    RightsState.RECEIVED: "warn", RightsState.CHECKED: "accent",
    RightsState.WORKING: "accent", RightsState.ANSWERED: "ok",
    RightsState.REFUSED: "bad", RightsState.WITHDRAWN: "",
}  # fmt: skip


@login_required
@require_GET
def requests_page(request: HttpRequest) -> HttpResponse:
    """List what is open by its limit, or what is over, newest first."""
    user, moment = staff(request), now()
    if not (may(user, HANDLE_RIGHTS) or may(user, APPROVE_ERASURE)):
        raise Unseen
    over = request.GET.get("show") == "over"
    found = RightsRequest.objects.visible_to(user).select_related("customer", "handler")
    found = found.exclude(ended_at=None) if over else found.filter(ended_at=None)
    order = ("-ended_at", "-number") if over else ("due_at", "number")
    start = _offset(request)
    rows = list(found.order_by(*order)[start : start + PAGE + 1])
    base = reverse("customers:rights")
    more = f"{base}?show={'over' if over else 'open'}&from={start + PAGE}"
    context = {
        "rows": [row_of(each, moment) for each in rows[:PAGE]],
        "over": over,
        "tabs": [
            {"label": _("Open requests"), "url": base, "current": not over},
            {"label": _("Over"), "url": f"{base}?show=over", "current": over},
        ],
        "next_url": more if len(rows) > PAGE else "",
        "may_set": may(user, HANDLE_RIGHTS),
    }
    return render(request, "customers/rights.html", context)


@login_required
@require_GET
def request_page(request: HttpRequest, number: int) -> HttpResponse:
    """Show one request, what was done about it, and what can be done now."""
    user = staff(request)
    asked = one_request(request, number)
    record_view(instance=asked.customer, by=user, now=now())
    return render(request, "customers/rights_request.html", shown(asked, user))


@login_required
@require_GET
def panel(request: HttpRequest, number: int) -> HttpResponse:
    """Show the requests of one customer, beside their record."""
    customer = one_customer(request, number)
    user, moment = staff(request), now()
    found = customer.rights_requests.select_related("customer", "handler")
    context = {
        "customer": customer,
        "rows": [row_of(each, moment) for each in found.order_by("-received_at")[:5]],
        "may_open": may(user, HANDLE_RIGHTS),
        "may_add": may(user, CHANGE) or may(user, HANDLE_RIGHTS),
        "held": customer.legal_holds.filter(released_at=None).exists(),
    }
    return render(request, "customers/_rights_panel.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_request(request: HttpRequest, number: int) -> HttpResponse:
    """Write down what somebody asks at the telephone, and how they were recognised."""
    user = staff(request)
    if may(user, HANDLE_RIGHTS):
        customer = customer_numbered(number)
    else:
        customer = one_customer(request, number, CHANGE)
    form = NewRequestForm(request.POST or None)
    if form.is_valid():
        try:
            asked = _received(customer, form.cleaned_data, user)
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _after_new(user, asked, number)
    context = {
        "title": _("Request of the person"),
        "explanation": customer.code,
        "form": form,
        "submit_label": _("Write down"),
        "action_url": request.path,
        "cancel_url": "",
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)


def _received(customer: Customer, said: Mapping[str, Any], user: User) -> RightsRequest:
    way, moment = RightsWay(said["way"]), now()
    asked = rights.receive(
        customer=customer,
        kind=RightsKind(said["kind"]),
        way=way,
        words=said["words"],
        by=user,
        now=moment,
    )
    if said["facts"] and asked.state == RightsState.RECEIVED:
        facts = [IdentityFact(each) for each in said["facts"]]
        rights.check_by_staff(asked=asked, way=way, facts=facts, by=user, now=moment)
    return asked


@login_required
@require_http_methods(["GET", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show and change the times, with the source that they come from."""
    require(staff(request), HANDLE_RIGHTS)
    form = RightsSettingsForm(request.POST or None, instance=current_settings())
    if form.is_valid():
        form.save()
        return redirect("customers:rights")
    context = {
        "title": _("Times for requests of the person"),
        "explanation": _("They hold for requests that come in from now on."),
        "form": form,
        "submit_label": _("Save"),
        "action_url": request.path,
        "cancel_url": reverse("customers:rights"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)


def one_request(request: HttpRequest, number: int) -> RightsRequest:
    """Return the request if the reader may see it, else 404."""
    rows = RightsRequest.objects.select_related(
        "customer", "handler", "recorded_by", "checked_by", "erasure_by",
        "approved_by", "ended_by", "contact",
    )  # fmt: skip
    return fetch(rows, staff(request), number=number)


def row_of(asked: RightsRequest, moment: dt.datetime) -> dict[str, Any]:
    """Return what lists show of a request."""
    left = asked.left(moment).days
    return {
        "asked": asked,
        "url": reverse("customers:rights-request", args=[asked.number]),
        "tone": TONES[RightsState(asked.state)],
        "late": asked.open and asked.due_at <= moment,
        "soon": asked.open and asked.warn_at <= moment < asked.due_at,
        "left": left,
    }


def shown(asked: RightsRequest, user: User) -> dict[str, Any]:
    """Return all that the page of a request needs."""
    handles = may(user, HANDLE_RIGHTS)
    facts = [str(IdentityFact(each).label) for each in asked.checked_facts]
    erasable = asked.kind == RightsKind.DELETE and asked.open
    return row_of(asked, now()) | {
        "handles": handles,
        "mine": asked.handler_id == user.pk,
        "facts": ", ".join(facts),
        "package": asked.packages.order_by("-asked_at").first(),
        "letters": list(asked.letters.order_by("due_at")[:20]),
        "in_the_way": in_the_way(asked.customer) if erasable else [],
        "may_propose": handles and erasable and asked.checked_at is not None,
        "may_approve": erasable
        and asked.erasure_by_id not in {None, user.pk}
        and may(user, APPROVE_ERASURE),
        "doubles": doubles.of(asked.customer, user),
        "kept": reasons_of(asked.kept),
        "corrections": corrections_of(asked, user) if handles else [],
        "may_correct": handles and asked.open and asked.kind == RightsKind.CORRECT,
        "sees_words": handles,
    }


def _after_new(user: User, asked: RightsRequest, number: int) -> HttpResponse:
    if may(user, HANDLE_RIGHTS):
        return redirect("customers:rights-request", asked.number)
    return redirect("customers:rights-panel", number)


def _offset(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    return min(int(text), 100_000) if text.isascii() and text.isdecimal() else 0
