"""Acts on what belongs to a record: contacts, people, purchases, payments, consents."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from customers import permissions
from customers.actions.consents import (
    has_sensitive,
    record_consent,
    withdraw_consent,
)
from customers.actions.contacts import (
    add_contact,
    mark_dead,
    remove_contact,
    verify_contact,
)
from customers.actions.people import link_person, unlink_person
from customers.actions.purchases import (
    change_purchase,
    record_payment,
    record_purchase,
)
from customers.forms import acts
from customers.models import ContactPerson, ContactPoint, Customer
from customers.queries.masks import contact_of
from customers.views.ask import ask, on_customer, posted
from customers.views.one import staff
from customers.views.probing import contact_typed, refuse_probing
from servicedesk.core.errors import RuleError


def _one(rows: Any, pk: UUID) -> Any:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _bare(request: HttpRequest) -> forms.Form:
    """Return a form that asks nothing but whether."""
    return forms.Form(posted(request))


@on_customer(permissions.CHANGE)
def contact_add(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Add a way to reach the customer."""
    form = acts.ContactForm(posted(request))
    refuse_probing(request, form, staff(request), contact_typed(form, "contact"))
    return ask(
        request, customer, form,
        lambda: add_contact(
            customer=customer, **form.wanted(), by=staff(request), now=now()
        ),
        title=_("Add a contact"), submit=_("Add"), done=_("Contact added."),
    )  # fmt: skip


def contact_of_customer(
    request: HttpRequest, customer: Customer, pk: UUID
) -> tuple[ContactPoint, str]:
    """Return the contact of the record (404 if it is none), and what it is called."""
    found: ContactPoint = _one(customer.contact_points.select_related("customer"), pk)
    seen = contact_of(found, staff(request)).text
    return found, f"{found.get_kind_display()} {seen}".strip()


@on_customer(permissions.CHANGE)
def contact_verify(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Write down that the contact is the customer's, and how that was found out."""
    contact, words = contact_of_customer(request, customer, pk)
    form = acts.VerifyForm(posted(request))
    return ask(
        request, customer, form,
        lambda: verify_contact(
            contact=contact, way=form.cleaned_data["way"], by=staff(request), now=now()
        ),
        title=_("Verify the contact"), submit=_("Mark as verified"),
        done=_("Marked as verified."), why=words,
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def contact_dead(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Write down that nobody is reached there any more; or is again."""
    contact, words = contact_of_customer(request, customer, pk)
    dead = contact.dead_at is None
    return ask(
        request, customer, _bare(request),
        lambda: mark_dead(contact=contact, dead=dead, by=staff(request), now=now()),
        title=_("No longer in use") if dead else _("In use again"),
        submit=_("Mark as no longer in use") if dead else _("Mark as in use"),
        done=_("Saved."), why=words,
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def contact_remove(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Take a contact off the record."""
    contact, words = contact_of_customer(request, customer, pk)
    return ask(
        request, customer, _bare(request),
        lambda: remove_contact(contact=contact, by=staff(request), now=now()),
        title=_("Remove the contact"), submit=_("Remove"), danger=True,
        done=_("Contact removed."),
        why=_("%(contact)s is deleted. The customer is no longer found by it.")
        % {"contact": words},
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def person_add(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Link an enterprise and a person who speaks for it."""
    form = acts.PersonForm(posted(request))

    def act() -> None:
        seen = Customer.objects.visible_to(staff(request)).present()
        other = seen.filter(number=form.cleaned_data["other"]).first()
        if other is None:
            raise RuleError(_("You see no customer with this number."))
        link_person(
            customer=customer, other=other, role=form.cleaned_data["role"],
            by=staff(request), now=now(),
        )  # fmt: skip

    return ask(
        request, customer, form, act, title=_("Link a contact person"),
        submit=_("Link"), done=_("Linked."),
        why=_("A person who speaks for an enterprise, or the enterprise of a person."),
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def person_remove(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Take the link between an enterprise and a person away."""
    links = ContactPerson.objects.filter(enterprise=customer) | (
        ContactPerson.objects.filter(person=customer)
    )
    link: ContactPerson = _one(links, pk)
    return ask(
        request, customer, _bare(request),
        lambda: unlink_person(
            link=link, customer=customer, by=staff(request), now=now()
        ),
        title=_("Take the link away"), submit=_("Take away"), danger=True,
        done=_("The link is gone."), why=_("Both records stay as they are."),
    )  # fmt: skip


@on_customer(permissions.ADD_PURCHASE)
def purchase_add(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Write down what the customer bought."""
    form = acts.PurchaseForm(posted(request), initial={"bought_at": now()})
    return ask(
        request, customer, form,
        lambda: record_purchase(
            customer=customer, bought=form.cleaned_data, by=staff(request), now=now()
        ),
        title=_("Add a purchase"), submit=_("Add"), done=_("Purchase recorded."),
        back=reverse("customers:purchases", args=[customer.number]),
    )  # fmt: skip


@on_customer(permissions.ADD_PURCHASE)
def purchase_status(request: HttpRequest, customer: Customer, pk: UUID) -> HttpResponse:
    """Write down how far an order is."""
    purchase = _one(customer.purchases.select_related("customer"), pk)
    form = acts.PurchaseStatusForm(posted(request), initial={"status": purchase.status})
    return ask(
        request, customer, form,
        lambda: change_purchase(
            purchase=purchase, status=form.cleaned_data["status"],
            by=staff(request), now=now(),
        ),
        title=_("Status of the order"), submit=_("Save"), done=_("Saved."),
        why=f"{purchase.order_number} · {purchase.product}",
        back=reverse("customers:purchases", args=[customer.number]),
    )  # fmt: skip


@on_customer(permissions.ADD_PAYMENT)
def payment_add(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Write down how something was paid; afterwards it takes a grant to see it."""
    form = acts.PaymentForm(
        posted(request),
        customer=customer,
        has_consent=has_sensitive(customer),
        initial={"paid_at": now()},
    )
    return ask(
        request, customer, form,
        lambda: record_payment(
            customer=customer, **form.wanted(), by=staff(request), now=now()
        ),
        title=_("Add a payment record"), submit=_("Add"),
        done=_("Payment recorded."),
        back=reverse("customers:payments", args=[customer.number]),
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def consent_add(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Write down what the customer agreed to, or on which basis data are used."""
    form = acts.ConsentForm(posted(request), initial={"given_at": now()})
    return ask(
        request, customer, form,
        lambda: record_consent(
            customer=customer, **form.cleaned_data, by=staff(request), now=now()
        ),
        title=_("Record a consent"), submit=_("Record"), done=_("Recorded."),
        why=_("Promotion is not among the purposes: it is not done here."),
        back=reverse("customers:consents", args=[customer.number]),
    )  # fmt: skip


@on_customer(permissions.CHANGE)
def consent_withdraw(
    request: HttpRequest, customer: Customer, pk: UUID
) -> HttpResponse:
    """Withdraw a consent: as easy as it was to give."""
    consent = _one(customer.consents.select_related("customer"), pk)
    form = acts.WithdrawForm(posted(request))
    return ask(
        request, customer, form,
        lambda: withdraw_consent(
            consent=consent, way=form.cleaned_data["way"], by=staff(request), now=now()
        ),
        title=_("Withdraw: %(purpose)s") % {"purpose": consent.get_purpose_display()},
        submit=_("Withdraw"), done=_("Withdrawn."),
        why=_("From now on data are no longer used for it. What was lawful stays so."),
        back=reverse("customers:consents", args=[customer.number]),
    )  # fmt: skip
