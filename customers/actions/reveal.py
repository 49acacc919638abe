"""Look behind a mask, for a purpose, leaving a trace."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import ContactPoint, Reveal, RevealPurpose
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
def reveal_contact(
    *, contact: ContactPoint, purpose: str, by: User, now: dt.datetime
) -> str:
    """Return the clear value and record who read it, when and why.

    Raises RuleError for a purpose that is not served here: promotion never is.
    """
    if purpose not in RevealPurpose.values:
        raise RuleError(_("Customer data may not be used for this purpose."))
    Reveal.objects.create(
        customer_id=contact.customer_id,
        field=f"contact:{contact.pk}",
        purpose=purpose,
        by=by,
        at=now,
    )
    return str(contact.value)
