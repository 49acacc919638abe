"""Write down what a customer bought and how it was paid."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.consents import note_sensitive
from customers.actions.doubles import keep_pairs
from customers.actions.history import write
from customers.actions.hold import hold
from customers.actions.search import note_search
from customers.models import (
    Customer,
    CustomerEventKind,
    PaymentRecord,
    Purchase,
    PurchaseStatus,
)
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
@together()
def record_purchase(
    *, customer: Customer, bought: Mapping[str, Any], by: User, now: dt.datetime
) -> Purchase:
    """Add a purchase. Raises RuleError if the order has this product already.

    Where that is with a customer whom the person may not see, it is written down beside
    the first, and the two records are kept as a pair: they may be one person.
    """
    held = hold(customer)
    same = Purchase.objects.filter(
        order_number=bought["order_number"], product=bought["product"]
    )
    known = Customer.objects.filter(pk__in=same.values("customer"))
    if known.visible_to(by).exists():
        raise RuleError(_("This product of this order is on record already."))
    first = known.first()
    try:
        with transaction.atomic():
            made = Purchase.objects.create(
                customer=held, created_at=now, beside=held.pk if first else None,
                **bought,
            )  # fmt: skip
    except IntegrityError:
        raise RuleError(_("This product of this order is on record already.")) from None
    if first is not None:
        keep_pairs([(first.pk, held.pk)], by=by, now=now)
        note_search(ways=["order"], found=1, hidden=first, by=by, now=now)
    write(held, CustomerEventKind.PURCHASE, by=by, now=now, about=made.pk)
    return made


@transaction.atomic
@together()
def change_purchase(
    *, purchase: Purchase, status: str, by: User, now: dt.datetime
) -> Purchase:
    """Write down how far the order is. Raises RuleError for a status nobody knows."""
    held = hold(purchase.customer)
    if status not in PurchaseStatus.values:
        raise RuleError(_("There is no such status."))
    found = held.purchases.select_for_update().filter(pk=purchase.pk).first()
    if found is None:
        raise RuleError(_("This purchase is no longer on the record."))
    if found.status == status:
        return found
    found.status = status
    found.save(update_fields=["status"])
    write(
        held, CustomerEventKind.PURCHASE, by=by, now=now,
        fields=["status"], about=found.pk,
    )  # fmt: skip
    return found


@transaction.atomic
@together()
def record_payment(
    *,
    customer: Customer,
    paid: Mapping[str, Any],
    consent_way: str,
    by: User,
    now: dt.datetime,
) -> PaymentRecord:
    """Add how something was paid, which from then on takes a grant to be seen.

    Raises RuleError for a purchase of somebody else, and while the keys are missing.
    """
    held = hold(customer)
    purchase: Purchase | None = paid.get("purchase")
    if purchase is not None and purchase.customer_id != held.pk:
        raise RuleError(_("This purchase is not the customer's."))
    try:
        made = PaymentRecord.objects.create(customer=held, created_at=now, **paid)
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    if consent_way:
        note_sensitive(customer=held, way=consent_way, by=by, now=now)
    write(held, CustomerEventKind.PAYMENT, by=by, now=now, about=made.pk)
    return made
