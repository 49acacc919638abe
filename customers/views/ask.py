"""Ask what an act on a customer needs, do it, and go back to the record."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.actions.records import TakenError
from customers.models import Customer
from customers.queries.masks import name_of
from customers.views.one import one_customer, staff
from customers.views.probing import note_taken
from servicedesk.core.errors import RuleError

UNPROCESSABLE = 422
Page = Callable[..., HttpResponse]


def on_customer(
    act: str | None = None, *, looks: bool = False
) -> Callable[[Page], Page]:
    """Give the view the customer: 404 unless seen, 403 without `act`.

    A record that was merged leads to the one that stays. With `looks` the audit log
    says that the record was opened.
    """

    def decorate(view: Page) -> Page:
        @login_required
        @require_http_methods(["GET", "POST"])
        @wraps(view)
        def wrapped(request: HttpRequest, number: int, **more: Any) -> HttpResponse:
            customer = one_customer(request, number, act, looks=looks)
            if customer.merged_into_id is not None:
                return to_the_one_that_stays(request, customer)
            return view(request, customer, **more)

        return wrapped

    return decorate


def to_the_one_that_stays(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Go from a record that was merged to the one that it was merged into."""
    stays = customer
    while stays.merged_into is not None:
        stays = stays.merged_into
    # Whoever may not see the one that stays is told nothing of it.
    one_customer(request, stays.number)
    messages.info(
        request,
        _("%(old)s was merged into this record.") % {"old": customer.code},
    )
    return redirect("customers:customer", stays.number)


def ask(  # noqa: PLR0913  # the words of one dialog
    request: HttpRequest,
    customer: Customer,
    form: forms.Form,
    act: Callable[[], object],
    *,
    title: str,
    submit: str,
    done: str,
    why: str = "",
    danger: bool = False,
    back: str = "",
) -> HttpResponse:
    """Show the form; when it is filled in rightly, do the act and go back.

    `act` reads what it needs from the form. What a rule refuses comes back with the
    form and status 422.
    """
    taken: Customer | None = None
    back = back or reverse("customers:customer", args=[customer.number])
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except TakenError as refusal:
            form.add_error(None, str(refusal))
            taken = note_taken(refusal, staff(request))
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return redirect(back)
    context = {
        "title": title, "explanation": why, "submit_label": submit, "danger": danger,
        "subtitle": f"{customer.code} · {name_of(customer, staff(request))}",
        "form": form, "action_url": request.path, "cancel_url": back,
        "taken": taken_words(request, taken, customer),
    }  # fmt: skip
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "customers/action.html", context, status=status)


def taken_words(
    request: HttpRequest, taken: Customer | None, customer: Customer | None
) -> dict[str, str]:
    """Say whose the contact is, to those who may see that record."""
    user = staff(request)
    if taken is None:
        return {}
    seen = Customer.objects.visible_to(user).filter(pk=taken.pk).exists()
    if not seen:
        return {}
    words = {
        "code": taken.code,
        "name": name_of(taken, user),
        "url": reverse("customers:customer", args=[taken.number]),
    }
    if customer is not None and user.has_perm("customers.merge_customer"):
        words["merge_url"] = reverse(
            "customers:merge-two", args=[customer.number, taken.number]
        )
    return words


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was filled in; None while it is only asked."""
    return request.POST if request.method == "POST" else None


def address(base: str, query: Mapping[str, str]) -> str:
    """Return an address with what is asked there: places and filters, never words."""
    return f"{base}?{urlencode(query)}" if query else base
