"""Look behind a mask: asked with a purpose, proved to be oneself, shown once."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from customers.actions.reveal import PROMOTION, reveal
from customers.actions.watch import StoppedError
from customers.forms.reveals import RevealForm
from customers.models import Field, Mode, PaymentRecord
from customers.permissions import REVEAL
from customers.queries import masks, reveals
from customers.views.one import one_customer, staff
from customers.views.proved import to_proof, too_long_ago
from servicedesk.audit.actions import record_refusal
from servicedesk.core.errors import RuleError

UNPROCESSABLE = 422
_KEPT = "reveal"
"""In the session: what was asked before somebody had to prove who they are."""
_ASKING = ["GET", "POST"]


@login_required
@require_http_methods(_ASKING)
def of_field(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Show the name, address, ID number or notes in clear."""
    customer = one_customer(request, number, REVEAL)
    target = reveals.of_field(customer, field)
    if target is None:
        raise Http404
    return ask(
        request, target,
        address=reverse("customers:reveal", args=[number, field]),
        back_to=page_of(number),
    )  # fmt: skip


@login_required
@require_http_methods(_ASKING)
def of_contact(request: HttpRequest, number: int, contact: UUID) -> HttpResponse:
    """Show one contact point in clear."""
    customer = one_customer(request, number, REVEAL)
    found = customer.contact_points.select_related("customer").filter(pk=contact)
    row = found.first()
    if row is None:
        raise Http404
    return ask(
        request, reveals.of_contact(row),
        address=reverse("customers:reveal-contact", args=[number, contact]),
        back_to=page_of(number),
    )  # fmt: skip


@login_required
@require_http_methods(_ASKING)
def of_payment(request: HttpRequest, number: int, payment: UUID) -> HttpResponse:
    """Show a payment account in clear: by grant only, whatever the role."""
    customer = one_customer(request, number, REVEAL)
    opened = type(customer).objects.filter(
        pk__in=masks.opened_by_grant(staff(request)), pk=customer.pk
    )
    found = PaymentRecord.objects.select_related("customer").filter(
        pk=payment, customer__in=opened
    )
    row = found.first()
    if row is None:
        raise Http404
    return ask(
        request, reveals.of_payment(row),
        address=reverse("customers:reveal-payment", args=[number, payment]),
        back_to=page_of(number),
    )  # fmt: skip


def of_row(
    request: HttpRequest, number: int, field: str, contact: UUID
) -> HttpResponse:
    """Show a contact point, or a payment account, as the field says which."""
    if field == Field.ACCOUNT:
        return of_payment(request, number, contact)
    return of_contact(request, number, contact)


def page_of(number: int) -> str:
    """Return the address of the customer's page."""
    try:
        return reverse("customers:customer", args=[number])
    except NoReverseMatch:
        return reverse("customers:grants")


def ask(
    request: HttpRequest,
    target: reveals.Target,
    *,
    address: str,
    back_to: str,
    ticket: str = "",
) -> HttpResponse:
    """Ask for a purpose, and show the value once; in a dialog, or as a page.

    With `ticket` the page knows which ticket it is for. Raises PermissionDenied where
    the reader's roles do not see the field at all.
    """
    user = staff(request)
    if masks.modes_of(user)[target.field] == Mode.HIDDEN:
        raise PermissionDenied
    kept = _kept(request, address)
    form = RevealForm(
        request.POST or None, initial={"purpose": "service"} | kept, known=bool(ticket)
    )
    context: dict[str, Any] = {
        "what": target.label,
        "masked": masks.shown(target.field, target.value, user).text,
        "form": form,
        "action_url": address,
        "cancel_url": back_to,
        "plain": not request.htmx,  # type: ignore[attr-defined]
        "seconds": settings.REVEAL_SECONDS,
    }
    if form.is_valid():
        if too_long_ago(request):
            return _prove(request, form, address)
        _show(request, target, form, ticket, context)
    part = "_reveal" if request.htmx else "reveal"  # type: ignore[attr-defined]
    status = UNPROCESSABLE if form.errors else 200
    response = render(request, f"customers/{part}.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def _show(
    request: HttpRequest,
    target: reveals.Target,
    form: RevealForm,
    ticket: str,
    context: dict[str, Any],
) -> None:
    given, moment = form.cleaned_data, now()
    try:
        context["value"] = reveal(
            target=target,
            purpose=given["purpose"],
            by=staff(request),
            now=moment,
            ticket=ticket or given["ticket"],
        )
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        if given["purpose"] == PROMOTION or isinstance(refusal, StoppedError):
            # Whoever tries what is forbidden leaves a trace of it.
            why = PROMOTION if given["purpose"] == PROMOTION else "stopped"
            record_refusal(
                page="customers:reveal",
                status=UNPROCESSABLE,
                named={"why": why},
                now=moment,
                instance=target.customer,
            )


def _prove(request: HttpRequest, form: RevealForm, address: str) -> HttpResponse:
    """Have the person prove who they are, and come back to what they asked."""
    given = form.cleaned_data
    request.session[_KEPT] = {
        "address": address,
        "purpose": given["purpose"],
        "ticket": given.get("ticket", ""),
    }
    return to_proof(request, address)


def _kept(request: HttpRequest, address: str) -> dict[str, str]:
    """Return what was asked before the proof, once; nothing of another address."""
    if request.method != "GET" or _KEPT not in request.session:
        return {}
    kept = request.session.pop(_KEPT)
    if kept.get("address") != address:
        return {}
    return {"purpose": kept["purpose"], "ticket": kept["ticket"]}
