"""Write down what a customer agreed to, and withdraw it as easily."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.history import write
from customers.actions.hold import hold
from customers.models import (
    Consent,
    ConsentPurpose,
    Customer,
    CustomerEventKind,
    LawfulBasis,
)
from customers.queries.timeline import family
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
@together()
def record_consent(
    *,
    customer: Customer,
    purpose: str,
    basis: str,
    way: str,
    given_at: dt.datetime,
    by: User,
    now: dt.datetime,
) -> Consent:
    """Write down a consent, or another lawful basis, and since when it is in force.

    Raises RuleError for a time to come, and if one for the purpose is in force.
    """
    held = hold(customer)
    if given_at > now:
        raise RuleError(_("This time is still to come."))
    try:
        with transaction.atomic():
            consent = Consent.objects.create(
                customer=held,
                purpose=purpose,
                basis=basis,
                way=way,
                given_at=given_at,
                recorded_by=by,
            )
    except IntegrityError:
        raise RuleError(
            _("One for this purpose is in force already. Withdraw it first.")
        ) from None
    write(held, CustomerEventKind.CONSENT, by=by, now=now, about=consent.pk)
    return consent


def note_sensitive(*, customer: Customer, way: str, by: User, now: dt.datetime) -> None:
    """Write down the separate consent that sensitive data ask for, once."""
    made, new = Consent.objects.get_or_create(
        customer=customer,
        purpose=ConsentPurpose.SENSITIVE,
        withdrawn_at=None,
        defaults={
            "basis": LawfulBasis.CONSENT,
            "way": way,
            "given_at": now,
            "recorded_by": by,
        },
    )
    if new:
        write(customer, CustomerEventKind.CONSENT, by=by, now=now, about=made.pk)


def has_sensitive(customer: Customer) -> bool:
    """Tell whether the customer agreed that sensitive data are kept."""
    return customer.consents.filter(
        purpose=ConsentPurpose.SENSITIVE, withdrawn_at=None
    ).exists()


@transaction.atomic
@together()
def withdraw_consent(
    *, consent: Consent, way: str, by: User, now: dt.datetime
) -> Consent:
    """Withdraw a consent, with those for the same purpose on records merged into this.

    Raises RuleError if it was withdrawn already.
    """
    held = hold(consent.customer)
    others = (
        Consent.objects.select_for_update()
        .filter(purpose=consent.purpose, withdrawn_at=None, customer__in=family(held))
        .exclude(pk=consent.pk)
    )
    found = Consent.objects.select_for_update().get(pk=consent.pk)
    if found.withdrawn_at is not None:
        raise RuleError(_("This was withdrawn already."))
    for each in (found, *others):
        each.withdrawn_at, each.withdrawn_way, each.withdrawn_by = now, way, by
        each.save(update_fields=["withdrawn_at", "withdrawn_way", "withdrawn_by"])
    write(held, CustomerEventKind.WITHDRAWN, by=by, now=now, about=found.pk)
    return found
