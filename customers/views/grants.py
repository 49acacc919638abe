"""Access grants: ask, see who waits, decide, end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.actions.grants import approve, ask, end, refuse
from customers.forms.grants import AskForm, DecideForm
from customers.models import AccessGrant, GrantState
from customers.permissions import APPROVE_GRANT, ASK_GRANT, SEE_GRANTS, WATCH
from customers.queries import grants
from customers.views.one import staff
from customers.views.probing import may_ask_by_number, too_many_looks
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

UNPROCESSABLE = 422
TOO_MANY = 429
_TONES = {
    GrantState.ASKED: "warn",
    GrantState.GIVEN: "ok",
    GrantState.REFUSED: "bad",
}


@login_required
@require_safe
def grant_list(request: HttpRequest) -> HttpResponse:
    """Show one's own grants, those that wait for one, and all that one may know of."""
    user = staff(request)
    require(user, SEE_GRANTS)
    decides = may(user, APPROVE_GRANT)
    given = request.GET.get("show", "")
    shown = {grants.MINE, grants.WAITING, grants.ALL} if decides else {grants.MINE}
    tab = given if given in shown else grants.WAITING if decides else grants.MINE
    found = list(_after(grants.listed(user, tab), request.GET.get("after", "")))
    more, found = len(found) > grants.PAGE, found[: grants.PAGE]
    base = f"{reverse('customers:grants')}?show={tab}"
    context = {
        "rows": [_row(each, user) for each in found],
        "tabs": _tabs(tab) if decides else [],
        "ask_url": reverse("customers:ask") if may(user, ASK_GRANT) else "",
        "newer_url": base if request.GET.get("after") else "",
        "next_url": f"{base}&after={found[-1].pk}" if more else "",
    }
    return render(request, "customers/grants.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def ask_access(request: HttpRequest) -> HttpResponse:
    """Ask for access to a customer, by number."""
    user = staff(request)
    require(user, ASK_GRANT)
    begin = {"customer": request.GET.get("customer", "")[:20]}
    form = AskForm(request.POST or None, initial=begin)
    if form.is_bound and not may_ask_by_number(request, user):
        messages.error(request, too_many_looks())
        form = AskForm(initial=begin)
        context = {"form": form}
        return render(request, "customers/grant_ask.html", context, status=TOO_MANY)
    if form.is_valid():
        given = form.cleaned_data
        try:
            ask(
                customer=given["customer"], scope=given["scope"],
                purpose=given["purpose"], reason=given["reason"],
                length=form.length(), by=user, now=now(),
            )  # fmt: skip
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Those who decide have been told."))
            return redirect(f"{reverse('customers:grants')}?show={grants.MINE}")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/grant_ask.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve, as asked or shorter, or refuse."""
    grant, moment = _one(request, pk), now()
    if not grants.may_decide(staff(request), grant):
        raise PermissionDenied
    form = DecideForm(request.POST or None, grant=grant, now=moment)
    if form.is_valid():
        try:
            if "refuse" in request.POST:
                refuse(grant=grant, by=staff(request), now=moment)
            else:
                approve(grant=grant, until=form.until(), by=staff(request), now=moment)
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Decided, and told."))
            return redirect("customers:grants")
    context = {
        "form": form,
        "row": _row(grant, staff(request)),
        "reason": grant.reason,
        "waiting": grant.state == GrantState.ASKED,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/grant_decide.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def end_it(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a grant, or take a request back, before its time."""
    grant = _one(request, pk)
    if not grants.may_end(staff(request), grant):
        raise PermissionDenied
    if request.method == "POST":
        try:
            end(grant=grant, by=staff(request), now=now())
        except RuleError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The access has ended."))
        return redirect("customers:grants")
    return render(
        request, "customers/grant_end.html", {"row": _row(grant, staff(request))}
    )


def _one(request: HttpRequest, pk: UUID) -> AccessGrant:
    require(staff(request), SEE_GRANTS)
    found = grants.seen_by(staff(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _after(rows: Any, cursor: str) -> Any:
    """Return a page of rows after the cursor; a mangled one begins at the beginning."""
    try:
        return (rows.filter(pk__lt=cursor) if cursor else rows)[: grants.PAGE + 1]
    except ValidationError:
        return rows[: grants.PAGE + 1]


def _row(grant: AccessGrant, user: User) -> dict[str, Any]:
    state = GrantState(grant.state)
    if state in {GrantState.ASKED, GrantState.GIVEN} and grant.until <= now():
        # It opens nothing any more, though the sweep has not been there yet.
        state = GrantState.ENDED
    waits = state == GrantState.ASKED
    # A request is the asker's to take back; others refuse it.
    held = state == GrantState.GIVEN or (waits and grant.user_id == user.pk)
    return {
        "customer": grant.customer.code,
        "who": grant.user,
        "who_url": reverse("customers:access-of", args=[grant.user_id])
        if may(user, WATCH)
        else "",
        "scope": grant.get_scope_display(),
        "purpose": grant.get_purpose_display(),
        "state": state.label,
        "tone": _TONES.get(state, ""),
        "asked_at": grant.asked_at,
        "until": grant.until,
        "decided_by": grant.decided_by or "",
        "decide_url": reverse("customers:decide", args=[grant.pk])
        if waits and grants.may_decide(user, grant)
        else "",
        "end_url": reverse("customers:end", args=[grant.pk])
        if held and grants.may_end(user, grant)
        else "",
    }


def _tabs(current: str) -> list[dict[str, Any]]:
    labels = {
        grants.WAITING: _("Waiting for a decision"),
        grants.MINE: _("My access"),
        grants.ALL: _("All"),
    }
    base = reverse("customers:grants")
    return [
        {"label": label, "url": f"{base}?show={key}", "current": key == current}
        for key, label in labels.items()
    ]
