"""A legal hold (法律保留): nothing of the customer is erased while it is in force."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer, LegalHold
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
@together()
def place_hold(
    *, customer: Customer, reason: str, by: User, now: dt.datetime
) -> LegalHold:
    """Place a hold. Raises RuleError where one is in force, or nothing is left."""
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if customer.erased_at is not None:
        raise RuleError(_("This person was erased; nothing is left to ask about."))
    if customer.legal_holds.filter(released_at=None).exists():
        raise RuleError(_("There is a legal hold already."))
    return LegalHold.objects.create(
        customer=customer, reason=reason, placed_by=by, placed_at=now
    )


@transaction.atomic
@together()
def release_hold(*, customer: Customer, by: User, now: dt.datetime) -> None:
    """Release the hold in force. Raises RuleError where there is none."""
    hold = customer.legal_holds.select_for_update().filter(released_at=None).first()
    if hold is None:
        raise RuleError(_("There is no legal hold."))
    hold.released_by, hold.released_at = by, now
    hold.save(update_fields=["released_by", "released_at"])
