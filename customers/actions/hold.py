"""Take a customer's record for oneself, until the transaction ends."""

from django.utils.translation import gettext as _

from customers.models import Customer
from servicedesk.audit.following import remember
from servicedesk.core.errors import RuleError


def hold(customer: Customer) -> Customer:
    """Return the record as it is now, locked; two changes of one record take turns.

    Raises RuleError if it has been merged into another, or erased.
    """
    # Others may still refer to the row meanwhile: a ticket of this customer comes in.
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    refuse_what_is_over(held)
    remember(held)
    return held


def hold_both(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """Lock two records, always in the order of their keys; they may be over already."""
    rows = Customer.objects.select_for_update(no_key=True)
    rows = rows.filter(pk__in=[one.pk, other.pk]).order_by("pk")
    held = {row.pk: row for row in rows}
    for row in held.values():
        remember(row)
    return held[one.pk], held[other.pk]


def refuse_what_is_over(customer: Customer) -> None:
    """Raise RuleError for a record that nothing more can happen to."""
    if customer.merged_into_id is not None:
        raise RuleError(_("This record was merged into another. Work on that one."))
    if customer.erased_at is not None:
        raise RuleError(_("This record was erased. It cannot be changed."))
