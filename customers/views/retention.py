"""How long data are kept: the rules, what each would purge, and beginning it by two."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.actions import holds
from customers.actions import retention_rules as rules
from customers.forms.retention import RuleForm, SeenForm
from customers.forms.rights import HoldForm
from customers.models import RetentionRule
from customers.permissions import APPROVE_ERASURE, HANDLE_RIGHTS, RETENTION
from customers.queries.retention import (
    LOOK_AGAIN,
    find_kind,
    held_by_reason,
    preview,
)
from customers.queries.rights import customer_numbered
from customers.views.one import staff
from customers.views.rights import UNPROCESSABLE
from servicedesk.core.access import Unseen, may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@login_required
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """List the rules, in force or not."""
    _require_either(staff(request))
    held = Count("held", filter=Q(held__at__gt=now() - LOOK_AGAIN))
    found = RetentionRule.objects.select_related("confirmed_by").annotate(stays=held)
    rows = [
        {"rule": rule, "kind": find_kind(rule.key), "held": rule.stays}
        for rule in found.order_by("key")
    ]
    return render(request, "customers/retention.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def rule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a rule would purge now, and change how long."""
    rule, user = _rule(request, pk), staff(request)
    changes = may(user, RETENTION)
    if request.method == "POST" and not changes:
        raise PermissionDenied
    form = RuleForm(request.POST or None, instance=rule)
    if form.is_valid():
        said, stored = form.cleaned_data, RetentionRule(pk=rule.pk)
        try:
            rules.change_rule(
                rule=stored, days=said["days"], basis=said["basis"], by=user, now=now()
            )
        except RuleError as refusal:
            form.add_error("days", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("customers:retention-rule", pk)
    people = ("confirmed_by", "begun_by", "proposed_by", "approved_by")
    stored = RetentionRule.objects.select_related(*people).get(pk=rule.pk)
    context = {
        "rule": stored,
        "kind": find_kind(stored.key),
        "form": form,
        "changes": changes,
        "held": held_by_reason(stored, now=now()),
        **_numbers(stored),
        "may_approve": stored.proposed_by_id not in {None, user.pk}
        and stored.approved_by_id is None
        and may(user, APPROVE_ERASURE),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/retention_rule.html", context, status=status)


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose that the rule be in force, after what it would purge was shown."""
    rule, user = _rule(request, pk, RETENTION), staff(request)
    return _do(
        request, rule,
        lambda seen: rules.propose_rule(rule=rule, seen=seen, by=user, now=now()),
    )  # fmt: skip


@login_required
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve what another proposed, after what it would purge was shown."""
    rule, user = _rule(request, pk, APPROVE_ERASURE), staff(request)
    return _do(
        request, rule,
        lambda seen: rules.approve_rule(rule=rule, seen=seen, by=user, now=now()),
    )  # fmt: skip


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the proposal away: one's own, or another's that one does not approve."""
    rule, user = _rule(request, pk), staff(request)
    return _do(
        request, rule, lambda _s: rules.drop_proposal(rule=rule, by=user, now=now())
    )


@login_required
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the rule out of force."""
    rule, user = _rule(request, pk), staff(request)
    return _do(request, rule, lambda _s: rules.stop_rule(rule=rule, by=user, now=now()))


@login_required
@require_http_methods(["GET", "POST"])
def hold_page(request: HttpRequest, number: int) -> HttpResponse:
    """Place a legal hold on a customer, or release the one in force."""
    user = staff(request)
    require(user, HANDLE_RIGHTS)
    customer = customer_numbered(number)
    held = customer.legal_holds.filter(released_at=None).first()
    form = HoldForm(request.POST or None) if held is None else None
    try:
        if held is not None and request.method == "POST":
            holds.release_hold(customer=customer, by=user, now=now())
            return redirect("customers:hold", number)
        if form is not None and form.is_valid():
            reason = form.cleaned_data["reason"]
            holds.place_hold(customer=customer, reason=reason, by=user, now=now())
            return redirect("customers:hold", number)
    except RuleError as refusal:
        messages.error(request, str(refusal))
    context = {"customer": customer, "held": held, "form": form}
    status = UNPROCESSABLE if form is not None and form.is_bound else 200
    return render(request, "customers/hold.html", context, status=status)


def _rule(request: HttpRequest, pk: int, act: str = "") -> RetentionRule:
    """Return the rule: 404 to who has nothing to do with rules, 403 without `act`."""
    user = staff(request)
    _require_either(user)
    if act and not may(user, act):
        raise PermissionDenied
    return get_object_or_404(RetentionRule, pk=pk)


def _require_either(user: User) -> None:
    if not (may(user, RETENTION) or may(user, APPROVE_ERASURE)):
        raise Unseen


def _numbers(rule: RetentionRule) -> dict[str, Any]:
    """Count what would go now, by the rule and by what is proposed."""
    due = preview(rule, now=now())
    found: dict[str, Any] = {"due": due}
    if rule.proposed_days is not None:
        found["proposed"] = preview(rule, now=now(), days=rule.proposed_days)
    seen = found.get("proposed", due).count
    return found | {"seen": SeenForm(initial={"seen": seen})}


def _do(
    request: HttpRequest, rule: RetentionRule, act: Callable[[int], object]
) -> HttpResponse:
    form = SeenForm(request.POST)
    seen = form.cleaned_data["seen"] or 0 if form.is_valid() else 0
    try:
        act(seen)
    except RuleError as refusal:
        messages.error(request, str(refusal))
    return redirect("customers:retention-rule", rule.pk)
