"""Whom care is due with: the segment of a plan, with consent, and not in touch of late."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.models import (
    CareContact,
    CarePlan,
    CareState,
    Consent,
    ConsentPurpose,
    Customer,
)
from customers.queries.retention import quiet_since


def consents_to_care(customer: Customer) -> bool:
    """Tell whether the customer agreed to care contacts, and still does."""
    agreed = Consent.objects.filter(purpose=ConsentPurpose.CARE, withdrawn_at=None)
    return agreed.filter(customer=customer).exists()


def with_consent(path: str = "pk") -> Q:
    """Return the condition that the customer (at `path`) agreed to care contacts."""
    agreed = Consent.objects.filter(
        customer=OuterRef(path), purpose=ConsentPurpose.CARE, withdrawn_at=None
    )
    return Q(Exists(agreed))


def candidates(plan: CarePlan, *, now: dt.datetime) -> QuerySet[Customer]:
    """Return whom the plan has not called on for its time, each with consent.

    A contact that was cancelled because consent was withdrawn does not count.
    """
    found = quiet_since(now - dt.timedelta(days=plan.quiet_days))
    found = found.filter(with_consent(), team=plan.team_id)
    if plan.customer_kind:
        found = found.filter(kind=plan.customer_kind)
    if plan.city:
        found = found.filter(city=plan.city)
    if plan.tag_id:
        found = found.filter(tags=plan.tag_id)
    lately = now - dt.timedelta(days=plan.every_days)
    called = CareContact.objects.filter(plan=plan, customer=OuterRef("pk"))
    called = called.filter(
        Q(state=CareState.DUE) | Q(state=CareState.DONE, done_at__gte=lately)
    )
    return found.filter(~Exists(called)).order_by("number")
