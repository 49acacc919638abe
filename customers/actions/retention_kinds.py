"""What of customers a retention rule may purge."""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.actions.erase import GONE, erase_customer, forget_purchases, hold_family
from customers.models import (
    Consent,
    Customer,
    ErasureBasis,
    HeldBecause,
    PackageState,
    Purchase,
    Reveal,
    RightsPackage,
)
from customers.queries.retention import (
    RetentionKind,
    held,
    quiet_since,
    register_retention,
)
from customers.queries.rights import in_the_way

log = logging.getLogger(__name__)


def register() -> None:
    """Register them; from `ready()`."""
    for kind in _KINDS:
        register_retention(kind)


def _idle(before: dt.datetime) -> QuerySet[Customer]:
    return quiet_since(before).exclude(held()).order_by("number")


def _erase_idle(rows: Sequence[Customer], now: dt.datetime) -> dict[UUID, HeldBecause]:
    """Erase those who can be erased; return the others, and why they stay."""
    held_back: dict[UUID, HeldBecause] = {}
    for customer in rows:
        try:
            with transaction.atomic():
                why = _erase_one(customer, now)
        except Exception:
            # One record that cannot be erased keeps nobody else from it.
            log.exception("Retention could not erase customer %s", customer.code)
            why = HeldBecause.FAULT
        if why is not None:
            held_back[customer.pk] = why
    return held_back


def _erase_one(customer: Customer, now: dt.datetime) -> HeldBecause | None:
    hold_family(customer)
    if obstacles := in_the_way(customer):
        return obstacles[0].sort
    erase_customer(customer=customer, basis=ErasureBasis.RETENTION, now=now)
    return None


def _reveals(before: dt.datetime) -> QuerySet[Reveal]:
    found = Reveal.objects.filter(at__lt=before).exclude(held("customer"))
    return found.select_related("customer").order_by("at")


def _consents(before: dt.datetime) -> QuerySet[Consent]:
    found = Consent.objects.filter(withdrawn_at__lt=before).exclude(held("customer"))
    return found.select_related("customer").order_by("withdrawn_at")


def _packages(before: dt.datetime) -> QuerySet[RightsPackage]:
    found = RightsPackage.objects.filter(
        state=PackageState.DESTROYED, destroyed_at__lt=before
    )
    return found.select_related("request").order_by("destroyed_at")


def _purchases(before: dt.datetime) -> QuerySet[Purchase]:
    found = Purchase.objects.filter(
        customer__erased_at__isnull=False, bought_at__lt=before
    ).exclude(order_number__startswith=GONE)
    return found.select_related("customer").order_by("bought_at")


def _forget_numbers(rows: Sequence[Purchase], now: dt.datetime) -> None:
    last = max(row.bought_at for row in rows) + dt.timedelta(seconds=1)
    forget_purchases([row.customer_id for row in rows], before=min(last, now))


def _delete(rows: Sequence[Any], _now: dt.datetime) -> None:
    for row in rows:
        row.delete()


def _code(row: Any) -> str:
    return str(row.customer.code)


_KINDS = (
    RetentionKind(
        "customers.idle",
        title=_("Customers who were not in touch"),
        what=_("The person is erased: name, contacts, words. Cases and figures stay."),
        due=_idle,
        purge=_erase_idle,
        example=lambda row: str(row.code),
    ),
    RetentionKind(
        "customers.reveals",
        title=_("Who looked behind a mask"),
        what=_("The rows are deleted; the audit log has its own time."),
        due=_reveals,
        purge=_delete,
        example=_code,
    ),
    RetentionKind(
        "customers.consents",
        title=_("Consents that were withdrawn"),
        what=_("The rows are deleted."),
        due=_consents,
        purge=_delete,
        example=_code,
    ),
    RetentionKind(
        "customers.packages",
        title=_("Packages of persons’ data that were destroyed"),
        what=_("The rows that tell of them are deleted; the files went long before."),
        due=_packages,
        purge=_delete,
        example=lambda row: str(row.request.code),
    ),
    RetentionKind(
        "customers.purchases",
        title=_("Orders of persons who were erased"),
        what=_("The order number goes; product, amount and date stay as figures."),
        due=_purchases,
        purge=_forget_numbers,
        example=_code,
    ),
)
