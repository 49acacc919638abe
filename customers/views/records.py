"""The list of customers, a customer's page and its parts, making and changing records."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers import permissions
from customers.actions.consents import has_sensitive
from customers.actions.records import (
    TakenError,
    change_customer,
    confirm_customer,
    create_customer,
    hand_over,
    last_change,
)
from customers.forms.listing import ListForm
from customers.forms.records import EditCustomerForm, NewCustomerForm, TeamForm
from customers.models import Customer
from customers.queries import listing
from customers.views.ask import (
    UNPROCESSABLE,
    address,
    ask,
    on_customer,
    posted,
    taken_words,
)
from customers.views.one import staff
from customers.views.probing import contact_typed, note_taken, refuse_probing
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError


@login_required
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """List the customers that the reader may see, newest first."""
    user, moment = staff(request), now()
    require(user, permissions.VIEW)
    form = ListForm(request.GET, user=user)
    narrow = form.narrow()
    before = listing.read_cursor(request.GET.get("before", ""))
    found = listing.listed(user, narrow, now=moment)
    rows, following = listing.page_of(found, narrow, before=before)
    asked = form.asked()
    base = reverse("customers:list")
    context = {
        "form": form,
        "filtered": bool(asked),
        "lines": listing.lines_of(rows, user, now=moment),
        "next_url": address(base, asked | {"before": following}) if following else "",
        "newer_url": address(base, asked) if before else "",
        "all_url": base,
        "search_url": reverse("customers:search"),
        "new_url": reverse("customers:new") if may(user, permissions.ADD) else "",
        "duplicates_url": reverse("customers:duplicates")
        if may(user, permissions.MERGE)
        else "",
        "imports_url": reverse("customers:imports")
        if may(user, permissions.IMPORT)
        else "",
        "exports_url": reverse("customers:exports")
        if may(user, permissions.EXPORT) or may(user, permissions.APPROVE_EXPORT)
        else "",
    }
    return render(request, "customers/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    """Write down a customer whom nobody has on record yet."""
    user = staff(request)
    require(user, permissions.VIEW)
    if not may(user, permissions.ADD):
        raise PermissionDenied
    form = NewCustomerForm(
        posted(request), user=user, initial={"language": user.language}
    )
    taken: Customer | None = None
    typed = contact_typed(form, "contact")
    if form.is_valid() and (number := form.cleaned_data.get("id_number")):
        typed.append(("id_number", number))
    refuse_probing(request, form, user, typed)
    if form.is_valid():
        try:
            made = create_customer(**form.wanted(), by=user, now=now())
        except TakenError as refusal:
            form.add_error("contact", str(refusal))
            taken = note_taken(refusal, user)
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Recorded as %(code)s.") % {"code": made.code})
            return redirect("customers:customer", made.number)
    context: dict[str, Any] = {
        "title": _("New customer"),
        "explanation": _(
            "Write down only what the service needs, and only what the customer told "
            "you or agreed to."
        ),
        "form": form,
        "submit_label": _("Record the customer"),
        "action_url": reverse("customers:new"),
        "cancel_url": reverse("customers:list"),
        "taken": taken_words(request, taken, None),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/action.html", context, status=status)


@on_customer(permissions.CHANGE)
def edit(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Change the record: each field as far as the reader's roles allow."""
    user = staff(request)
    form = EditCustomerForm(
        posted(request),
        customer=customer,
        user=user,
        seen=last_change(customer),
        has_consent=has_sensitive(customer),
    )
    # A guess in a record of one's own is answered by those that look like it.
    if typed := form.guesses() if form.is_valid() else []:
        refuse_probing(request, form, user, typed)

    def act() -> None:
        change_customer(
            customer=customer,
            changes=form.changes(),
            tags=list(form.cleaned_data["tags"]),
            seen=form.cleaned_data["seen"],
            consent_way=form.consent_way(),
            by=user,
            now=now(),
        )

    return ask(
        request, customer, form, act, title=_("Change the record"), submit=_("Save"),
        done=_("Saved."),
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def confirm(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Write down that the record was checked with the customer."""
    form = forms.Form(posted(request))
    return ask(
        request, customer, form,
        lambda: confirm_customer(customer=customer, by=staff(request), now=now()),
        title=_("Confirm the record"), submit=_("I checked this with the customer"),
        done=_("Confirmed today."),
        why=_("Only if you went through the contacts with the customer just now."),
    )  # fmt: skip


@on_customer(permissions.HAND_OVER)
def team(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Hand the customer over to another team; leads and supervisors do."""
    user = staff(request)
    form = TeamForm(posted(request), customer=customer)

    def act() -> None:
        hand_over(customer=customer, team=form.cleaned_data["team"], by=user, now=now())

    return ask(
        request, customer, form, act, title=_("Hand over to another team"),
        submit=_("Hand over"), done=_("Handed over."),
        why=_("The other team sees the customer from then on, and yours no longer."),
        back=reverse("customers:list"),
    )  # fmt: skip
