"""Find duplicates, see two records side by side, make them one, undo it."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers import permissions
from customers.actions.merge import merge_customers, undo_merge
from customers.forms.merge import MergeForm, OtherForm
from customers.models import Customer, CustomerMerge
from customers.queries import listing, merges
from customers.queries.masks import name_of
from customers.views.ask import UNPROCESSABLE, ask, on_customer, posted
from customers.views.doubles import tabs
from customers.views.one import one_customer, staff
from customers.views.probing import may_compare, may_look
from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from servicedesk.core.views import too_many


@login_required
@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    """List pairs of records that may be one customer."""
    user = staff(request)
    require(user, permissions.VIEW)
    require(user, permissions.MERGE)
    if not may_look(request, user):
        return too_many(request)
    before = listing.read_cursor(request.GET.get("before", ""))
    found, following = merges.pairs_alike(user, before=before)
    base = reverse("customers:duplicates")
    pairs = [
        {
            "name": name_of(one, user),
            "city": one.city,
            "codes": (one.code, other.code),
            "url": _two(other, one),
        }
        for one, other in found
    ]
    context = {
        "pairs": pairs,
        "tabs": tabs(user, base),
        "next_url": f"{base}?before={following}" if following else "",
        "newer_url": base if before else "",
    }
    return render(request, "customers/duplicates.html", context)


@on_customer(permissions.MERGE)
def merge(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Ask which other record is the same customer; suggest those that look alike."""
    user = staff(request)
    # Those that look alike answer a guess that stands in a record of one's own.
    if not may_look(request, user):
        return too_many(request)
    form = OtherForm(posted(request))
    if form.is_valid():
        seen = Customer.objects.visible_to(user).present().exclude(pk=customer.pk)
        other = seen.filter(number=form.cleaned_data["other"]).first()
        if other is not None:
            return redirect(_two(customer, other))
        form.add_error("other", _("You see no other customer with this number."))
    alike = listing.lines_of(
        listing.with_lines(merges.like(customer, user)), user, now=now()
    )
    context: dict[str, Any] = {
        "code": customer.code,
        "name": name_of(customer, user),
        "form": form,
        "action_url": request.path,
        "cancel_url": reverse("customers:customer", args=[customer.number]),
        "alike": [(line, _two_numbers(customer, line.number)) for line in alike],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/merge.html", context, status=status)


@on_customer(permissions.MERGE)
def merge_two(request: HttpRequest, customer: Customer, other: int) -> HttpResponse:
    """Show both side by side, ask what stays, and make them one."""
    user = staff(request)
    gone = one_customer(request, other, permissions.MERGE)
    if gone.pk == customer.pk:
        raise Http404
    form = MergeForm(posted(request), kept=customer, gone=gone, user=user)
    if form.is_valid():
        try:
            merge_customers(
                kept=customer, gone=gone, take=form.take(), by=user, now=now()
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                _("%(gone)s is now part of %(kept)s. You can undo it on this page.")
                % {"gone": gone.code, "kept": customer.code},
            )
            return redirect("customers:customer", customer.number)
    # A field in which the two agree is not asked about: that answers a guess, too.
    if not may_compare(request, user, customer, gone):
        return too_many(request)
    both = Customer.objects.filter(pk__in=[customer.pk, gone.pk])
    lines = {
        line.number: line
        for line in listing.lines_of(listing.with_lines(both), user, now=now())
    }
    context = {
        "kept": lines[customer.number],
        "gone": lines[gone.number],
        "form": form,
        "action_url": request.path,
        "swap_url": _two(gone, customer),
        "cancel_url": reverse("customers:customer", args=[customer.number]),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/merge_two.html", context, status=status)


@on_customer(permissions.MERGE)
def merge_undo(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Give the other record back what was its own."""
    found = CustomerMerge.objects.filter(kept=customer, pk=pk).select_related(
        "kept", "gone"
    )
    merge = found.first()
    if merge is None:
        raise Http404
    return ask(
        request, customer, forms.Form(posted(request)),
        partial(undo_merge, merge=merge, by=staff(request), now=now()),
        title=_("Undo the merge"), submit=_("Undo the merge"),
        done=_("%(code)s is a record of its own again.") % {"code": merge.gone.code},
        why=_("What came from %(code)s goes back there; what was added since stays here.")
        % {"code": merge.gone.code},
    )  # fmt: skip


def _two(kept: Customer, gone: Customer) -> str:
    return _two_numbers(kept, gone.number)


def _two_numbers(kept: Customer, gone: int) -> str:
    return reverse("customers:merge-two", args=[kept.number, gone])
