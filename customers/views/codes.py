"""Verify an e-mail address by a code that goes there and comes back by the customer."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from customers import permissions
from customers.actions.contact_codes import ask_code, enter_code
from customers.forms.acts import CodeForm
from customers.models import ContactPoint, Customer
from customers.tasks import nudge_codes
from customers.views.acts import contact_of_customer
from customers.views.ask import ask, on_customer, posted
from customers.views.one import staff
from servicedesk.core.errors import RuleError


@on_customer(permissions.CHANGE)
def send(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Send a code to the address, and go on to where it is typed."""
    contact, words = contact_of_customer(request, customer, pk)

    def act() -> None:
        ask_code(contact=contact, by=staff(request), now=now())
        nudge_codes()

    return ask(
        request, customer, forms.Form(posted(request)), act,
        title=_("Send a code to this address?"), submit=_("Send the code"),
        done=_("A code is on its way. It is good for 30 minutes."), why=words,
        back=reverse("customers:contact-code", args=[customer.number, pk]),
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def enter(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Take the code that the customer reads out; the right one verifies the address."""
    contact, words = contact_of_customer(request, customer, pk)
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        # Here and not as an act: a wrong code counts, and must not be undone.
        _try(request, form, contact)
    return ask(
        request, customer, form, lambda: None,
        title=_("The code from the letter"), submit=_("Verify"),
        done=_("Marked as verified."), why=words,
    )  # fmt: skip


def _try(request: HttpRequest, form: CodeForm, contact: ContactPoint) -> None:
    typed = form.cleaned_data["code"]
    try:
        right = enter_code(contact=contact, typed=typed, by=staff(request), now=now())
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        return
    if not right:
        words = _("This is not the code. After five wrong ones it is good no longer.")
        form.add_error("code", words)
