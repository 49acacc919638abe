"""Link an enterprise with the people who speak for it."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.history import write
from customers.actions.hold import hold, hold_both, refuse_what_is_over
from customers.models import (
    ContactPerson,
    Customer,
    CustomerEventKind,
    CustomerKind,
)
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
@together()
def link_person(
    *, customer: Customer, other: Customer, role: str, by: User, now: dt.datetime
) -> ContactPerson:
    """Say that one of the two speaks for the other, which is the enterprise or partner.

    Raises RuleError where neither or both could be the company, or twice.
    """
    if customer.pk == other.pk:
        raise RuleError(_("Link a person with an enterprise or partner: one of each."))
    held, other = hold_both(customer, other)
    for each in (held, other):
        refuse_what_is_over(each)
    companies = [each for each in (held, other) if each.kind != CustomerKind.INDIVIDUAL]
    if len(companies) != 1:
        raise RuleError(_("Link a person with an enterprise or partner: one of each."))
    [company] = companies
    person = other if company.pk == held.pk else held
    try:
        with transaction.atomic():
            made = ContactPerson.objects.create(
                enterprise=company, person=person, role=role, created_at=now
            )
    except IntegrityError:
        raise RuleError(_("The two are linked already.")) from None
    for each in (company, person):
        write(
            each, CustomerEventKind.LINKED, by=by, now=now,
            fields=["added"], about=made.pk,
        )  # fmt: skip
    return made


@transaction.atomic
@together()
def unlink_person(
    *, link: ContactPerson, customer: Customer, by: User, now: dt.datetime
) -> None:
    """Say that the person does not speak for the company any more."""
    hold(customer)
    found = (
        ContactPerson.objects.select_for_update(of=("self",))
        .select_related("enterprise", "person")
        .filter(pk=link.pk)
        .first()
    )
    if found is None:
        raise RuleError(_("The two are not linked any more."))
    key, both = found.pk, (found.enterprise, found.person)
    found.delete()
    for each in both:
        write(
            each, CustomerEventKind.LINKED, by=by, now=now,
            fields=["removed"], about=key,
        )  # fmt: skip
