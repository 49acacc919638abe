"""Care contacts: found due by plans, done with an outcome, put off, or cancelled."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from customers.actions import history
from customers.models import (
    CareContact,
    CareOutcome,
    CarePlan,
    CareState,
    Consent,
    ConsentPurpose,
    ConsentWay,
    Customer,
    CustomerEventKind,
)
from customers.queries.care import candidates, consents_to_care, with_consent
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

AT_ONCE = 200
MOST_PUT_OFF = 5
LONGEST_PUT_OFF = dt.timedelta(days=90)


@transaction.atomic
def generate(*, plan: CarePlan, now: dt.datetime, most: int = AT_ONCE) -> int:
    """Make contacts due for whom the plan has not called on; return how many.

    Two sweeps at once make each once: a unique index has the last word.
    """
    made = CareContact.objects.bulk_create(
        [
            CareContact(plan=plan, customer=customer, due_at=now)
            for customer in candidates(plan, now=now)[:most]
        ],
        ignore_conflicts=True,
    )
    return len(made)


@transaction.atomic
@together()
def cancel_without_consent(*, now: dt.datetime, most: int = AT_ONCE) -> int:
    """Cancel what is due with customers who no longer agree, or are no longer there."""
    gone = Q(customer__erased_at__isnull=False) | Q(customer__merged_into__isnull=False)
    due = CareContact.objects.due().filter(gone | ~with_consent("customer"))
    rows = list(due.select_for_update(of=("self",), skip_locked=True)[:most])
    for row in rows:
        row.state, row.done_at = CareState.CANCELLED, now
        row.save(update_fields=["state", "done_at"])
    return len(rows)


@transaction.atomic
@together()
def record(
    *,
    contact: CareContact,
    outcome: CareOutcome,
    words: str,
    by: User,
    now: dt.datetime,
) -> CareContact:
    """Write down what came of a contact. "Wants no more" withdraws the consent.

    Raises RuleError without consent, and for a contact that is not due any more.
    """
    contact = _due(contact)
    contact.state, contact.outcome, contact.words = (
        CareState.DONE,
        outcome,
        words or None,
    )
    contact.done_at, contact.done_by = now, by
    contact.save()
    customer = contact.customer
    history.write(customer, CustomerEventKind.CARE, by=by, now=now, about=contact.pk)
    if outcome == CareOutcome.NO_MORE:
        _withdraw(customer, by=by, now=now)
    return contact


@transaction.atomic
@together()
def put_off(
    *, contact: CareContact, until: dt.datetime, by: User, now: dt.datetime
) -> CareContact:
    """Make a contact due later. Raises RuleError beyond ninety days or five times."""
    contact = _due(contact)
    if not now < until <= now + LONGEST_PUT_OFF:
        raise RuleError(_("Choose a day within the next ninety days."))
    if contact.put_off >= MOST_PUT_OFF:
        raise RuleError(_("It was put off five times. Make it, or say that it failed."))
    contact.due_at, contact.put_off = until, contact.put_off + 1
    contact.owner = by
    contact.save(update_fields=["due_at", "put_off", "owner"])
    return contact


@transaction.atomic
@together()
def plan_contact(
    *, plan: CarePlan, customer: Customer, due_at: dt.datetime, by: User
) -> CareContact:
    """Make one contact due by hand. Raises RuleError without consent, or twice."""
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    _refuse(customer)
    if CareContact.objects.due().filter(plan=plan, customer=customer).exists():
        raise RuleError(_("This contact is due already."))
    return CareContact.objects.create(
        plan=plan, customer=customer, due_at=due_at, owner=by
    )


def forget_words(customers: list[UUID]) -> None:
    """Take what was said from the care contacts of erased customers."""
    due = CareContact.objects.filter(customer__in=customers)
    due.filter(state=CareState.DUE).delete()
    for contact in due.filter(words__isnull=False):
        contact.words = None
        contact.save(update_fields=["words"])


def _due(contact: CareContact) -> CareContact:
    held = (
        CareContact.objects.select_for_update(of=("self",))
        .select_related("customer")
        .get(pk=contact.pk)
    )
    if held.state != CareState.DUE:
        raise RuleError(_("This contact is not due any more."))
    _refuse(held.customer)
    return held


def _refuse(customer: Customer) -> None:
    if customer.erased_at is not None or not consents_to_care(customer):
        raise RuleError(_("The customer has not agreed to care contacts."))


def _withdraw(customer: Customer, *, by: User, now: dt.datetime) -> None:
    agreed = Consent.objects.filter(customer=customer, purpose=ConsentPurpose.CARE)
    for consent in agreed.filter(withdrawn_at=None):
        consent.withdrawn_at, consent.withdrawn_by = now, by
        consent.withdrawn_way = ConsentWay.PHONE
        consent.save()
        history.write(
            customer, CustomerEventKind.WITHDRAWN, by=by, now=now, about=consent.pk
        )


def in_touch_since(moment: dt.datetime) -> Exists:
    """Return the condition that a care contact was made since."""
    made = CareContact.objects.filter(
        customer=OuterRef("pk"), state=CareState.DONE, done_at__gte=moment
    )
    return Exists(made)
