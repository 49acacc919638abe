"""Withdraw a consent on the signed page: one click, as easy as it was given (PIPL 15)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import history
from customers.actions.rights import lock
from customers.models import (
    Consent,
    ConsentWay,
    CustomerEventKind,
    LawfulBasis,
    RightsKind,
    RightsLink,
    RightsState,
)
from customers.queries.rights import family_of
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError


@transaction.atomic
@together()
def withdraw_by_page(*, link: RightsLink, purpose: str, now: dt.datetime) -> Consent:
    """Withdraw the consent to a purpose at once; the request is answered by it.

    Raises RuleError before the identity is checked, and where there is none.
    """
    asked = lock(link.request)
    if asked.checked_at is None or asked.kind != RightsKind.WITHDRAW:
        raise RuleError(_("The identity has to be checked first."))
    found = list(
        Consent.objects.select_for_update()
        .filter(
            customer__in=family_of(asked.customer),
            purpose=purpose,
            basis=LawfulBasis.CONSENT,
            withdrawn_at=None,
        )
        .order_by("pk")
    )
    if not found:
        raise RuleError(_("This consent is withdrawn already."))
    for each in found:
        each.withdrawn_at, each.withdrawn_way = now, ConsentWay.PAGE
        each.save(update_fields=["withdrawn_at", "withdrawn_way"])
    consent = found[0]
    history.write(
        asked.customer, CustomerEventKind.WITHDRAWN, by=None, now=now, about=consent.pk
    )
    if asked.open:
        asked.state, asked.ended_at = RightsState.ANSWERED, now
        asked.save(update_fields=["state", "ended_at"])
    return consent
