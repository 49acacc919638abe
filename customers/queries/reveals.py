"""What can be looked at behind its mask: a field, a contact, a payment account."""

from dataclasses import dataclass

from django.db.models import Model
from django.utils.translation import pgettext

from customers.models import ContactPoint, Customer, Field, PaymentRecord
from servicedesk.core.encryption.masks import Shown

EXPORT = "export"
"""Stands for all of a row that an export handed out in clear."""
# Fields of the customer's own row, as the matrix and the row both call them.
OWN = (Field.NAME, Field.ADDRESS, Field.ID_NUMBER, Field.NOTES)


@dataclass(frozen=True)
class Target:
    """One sealed value: whose, which, and where it stands; `place` is no value of it."""

    customer: Customer
    field: Field
    value: Shown
    place: str
    row: Model
    column: str

    @property
    def label(self) -> str:
        return str(self.field.label)


def of_field(customer: Customer, name: str) -> Target | None:
    """Return a field of the customer's own; None if there is none of that name."""
    if name not in OWN:
        return None
    field = Field(name)
    value = getattr(customer, name)
    return Target(customer, field, value, name, customer, name)


def of_contact(contact: ContactPoint) -> Target:
    """Return a way to reach the customer."""
    return Target(
        contact.customer, Field(contact.kind), contact.value,
        f"contact:{contact.pk}", contact, "value",
    )  # fmt: skip


def of_payment(payment: PaymentRecord) -> Target:
    """Return the account of a payment, which a grant alone opens."""
    return Target(
        payment.customer, Field.ACCOUNT, payment.account,
        f"payment:{payment.pk}", payment, "account",
    )  # fmt: skip


def place_label(place: str) -> str:
    """Return what was looked at, in words, from what a `Reveal` says of it."""
    what = place.partition(":")[0]
    if what == "contact":
        return pgettext("customer field", "Contact point")
    if what == EXPORT:
        return pgettext("customer field", "A row of an export, in clear")
    if what == "payment":
        return str(Field.ACCOUNT.label)
    return str(Field(what).label) if what in Field.values else what
