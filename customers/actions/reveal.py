"""Look behind a mask, for a purpose, leaving a trace."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import ContactPoint, Customer, Reveal, RevealPurpose
from servicedesk.audit.actions import record_access
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
def reveal_name(*, customer: Customer, purpose: str, by: User, now: dt.datetime) -> str:
    """Return the customer's name in clear, on the record; see `reveal_contact`."""
    _write_down(customer, "name", purpose, by, now)
    record_access(instance=customer, by=by, purpose=purpose, now=now, fields=("name",))
    return str(customer.name)


@transaction.atomic
def reveal_contact(
    *, contact: ContactPoint, purpose: str, by: User, now: dt.datetime
) -> str:
    """Return the clear value and record who read it, when and why.

    Raises RuleError for a purpose that is not served here: promotion never is.
    """
    _write_down(contact.customer, f"contact:{contact.pk}", purpose, by, now)
    record_access(instance=contact, by=by, purpose=purpose, now=now, fields=("value",))
    return str(contact.value)


def _write_down(
    customer: Customer, field: str, purpose: str, by: User, now: dt.datetime
) -> None:
    if purpose not in RevealPurpose.values:
        raise RuleError(_("Customer data may not be used for this purpose."))
    Reveal.objects.create(
        customer=customer, field=field, purpose=purpose, by=by, at=now
    )
