"""Whether a link to a contact proves who asks: not where a colleague has just brought it."""

import datetime as dt
from typing import Final

from customers.models import (
    ContactPoint,
    CustomerEvent,
    CustomerEventKind,
    CustomerMerge,
)

SETTLED: Final = dt.timedelta(days=30)
"""So long a contact that staff brought stands under the eyes of all, before it proves."""


def proves_somebody(contact: ContactPoint, *, now: dt.datetime) -> bool:
    """Tell whether whoever holds this contact may be taken for the person on record.

    Else somebody inside could bring an address of their own onto the record, by adding
    it, by an import or by a merge, and ask for everything. A contact proves that has
    been there for thirty days, or that the record began with when the customer wrote;
    never one that a merge moved here or staff touched since.
    """
    since = now - SETTLED
    customer = contact.customer
    recent = CustomerEvent.objects.filter(
        about=contact.pk, kind=CustomerEventKind.CONTACT, by__isnull=False, at__gt=since
    )
    merged = CustomerMerge.objects.filter(
        at__gt=since, undone_at=None, moved__contacts__contains=[str(contact.pk)]
    )
    if recent.exists() or merged.exists():
        return False
    if contact.created_at <= since:
        return True
    made = CustomerEvent.objects.filter(
        customer=customer,
        kind__in=[CustomerEventKind.CREATED, CustomerEventKind.IMPORTED],
        by__isnull=False,
    )
    return contact.created_at == customer.created_at and not made.exists()
