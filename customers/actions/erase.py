"""Erase a person (删除个人信息): what names them goes, cases and figures stay."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.actions import history, rights_letters
from customers.actions.care import forget_words
from customers.actions.leftovers import forget_leftovers, traces_of
from customers.actions.rights import end_erased, lock
from customers.links import revoke_links
from customers.models import (
    AccessGrant,
    ContactPerson,
    ContactPoint,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerGroupObjectPermission,
    CustomerMerge,
    CustomerUserObjectPermission,
    ErasureBasis,
    ErasureLedger,
    ExportPart,
    ExportRequest,
    ExportState,
    GrantState,
    LegalHold,
    PaymentRecord,
    PossibleDouble,
    Purchase,
    RightsKind,
    RightsPackage,
    RightsRequest,
    RightsState,
)
from customers.queries import kept as kinds
from customers.queries.rights import family_of, in_the_way
from customers.signals import erasing
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

PURCHASES_KEPT = dt.timedelta(days=3 * 365 + 1)
"""Transactions are kept for three years (E-Commerce Law, article 31)."""
GONE = "erased-"
"""Begins what stands where an order number was."""


@transaction.atomic
@together()
def propose_erasure(
    *, asked: RightsRequest, by: User, now: dt.datetime
) -> RightsRequest:
    """Say that the person is to be erased; another has to approve it.

    Raises RuleError while the identity is unchecked, or something is in the way.
    """
    asked = lock(asked)
    _refuse(asked)
    asked.erasure_by, asked.erasure_at = by, now
    asked.state, asked.handler = RightsState.WORKING, asked.handler or by
    asked.save(update_fields=["erasure_by", "erasure_at", "state", "handler"])
    return asked


@transaction.atomic
@together()
def approve_erasure(
    *, asked: RightsRequest, by: User, now: dt.datetime
) -> ErasureLedger:
    """Erase the person of an approved request, now, and tell them what had to stay.

    Raises RuleError for whoever proposed it, and while something is in the way.
    """
    asked = lock(asked)
    # Before it is asked what is in the way: a hold that is being placed comes first.
    hold_family(asked.customer)
    _refuse(asked)
    if asked.erasure_by is None:
        raise RuleError(_("Nobody has proposed this erasure yet."))
    if asked.erasure_by_id == by.pk:
        raise RuleError(_("Another person has to approve what you proposed."))
    customer = Customer.objects.select_for_update().get(pk=asked.customer_id)
    rights_letters.owe_farewell(asked, now=now)
    left = _what_stays(customer, now)
    entry = erase_customer(
        customer=customer, basis=ErasureBasis.REQUEST, request=asked.pk, by=by, now=now
    )
    # As the erasure left it: its words and its contact are gone.
    asked = lock(asked)
    end_erased(asked, kept=left, by=by, now=now)
    return entry


@transaction.atomic
@together()
def erase_customer(
    *,
    customer: Customer,
    basis: ErasureBasis,
    now: dt.datetime,
    request: UUID | None = None,
    by: User | None = None,
) -> ErasureLedger:
    """Erase the person behind a record and all that were merged into it; at once.

    Asks nobody: `in_the_way` and the second person are the caller's. What apps above
    keep is overwritten by them in this same transaction.
    """
    people = hold_family(customer)
    entries = [
        ErasureLedger.objects.create(
            customer_key=each.pk,
            customer_number=each.number,
            basis=basis,
            request_key=request,
            at=now,
        )
        for each in people
    ]
    overwrite(people, by=by, now=now)
    return entries[0]


def overwrite(people: list[Customer], *, by: User | None, now: dt.datetime) -> None:
    """Overwrite what names these people, everywhere; done again it changes nothing."""
    keys = [each.pk for each in people]
    people = list(Customer.objects.select_for_update().filter(pk__in=keys))
    known_by = traces_of(people)
    erasing.send(sender=Customer, customers=keys, now=now)
    for each in people:
        _forget(each, now)
        history.write(each, CustomerEventKind.ERASED, by=by, now=now)
    ContactPerson.objects.filter(enterprise__in=keys).delete()
    ContactPerson.objects.filter(person__in=keys).delete()
    ContactPoint.objects.filter(customer__in=keys).delete()
    CustomerUserObjectPermission.objects.filter(content_object__in=keys).delete()
    CustomerGroupObjectPermission.objects.filter(content_object__in=keys).delete()
    _close_grants(keys, now)
    for payment in PaymentRecord.objects.filter(customer__in=keys):
        payment.account = ""
        payment.save(update_fields=["account"])
    for hold in LegalHold.objects.filter(customer__in=keys):
        hold.reason = ""
        hold.save(update_fields=["reason"])
    forget_words(keys)
    _forget_exports(keys)
    CustomerMerge.objects.filter(kept__in=keys).update(replaced=None)
    forget_purchases(keys, before=now - PURCHASES_KEPT)
    PossibleDouble.objects.filter(Q(one__in=keys) | Q(other__in=keys)).delete()
    _forget_requests(keys, now)
    forget_leftovers(known_by)


def _forget_exports(keys: list[UUID]) -> None:
    """Delete the files that are still kept of exports in which these people are."""
    told = CustomerEvent.objects.filter(
        customer__in=keys, kind=CustomerEventKind.EXPORTED
    )
    kept = ExportRequest.objects.filter(
        pk__in=told.values("about"), state__in=[ExportState.READY, ExportState.RUNNING]
    )
    for export in kept.select_for_update():
        ExportPart.objects.filter(export=export).delete()
        export.state = ExportState.FORGOTTEN
        export.save(update_fields=["state"])


def forget_purchases(keys: list[UUID], *, before: dt.datetime) -> int:
    """Take the order numbers from purchases that need not be kept any longer."""
    old = Purchase.objects.filter(customer__in=keys, bought_at__lt=before)
    rows = list(old.exclude(order_number__startswith=GONE))
    for row in rows:
        row.order_number = f"{GONE}{row.pk.hex}"
        row.save(update_fields=["order_number"])
    return len(rows)


def hold_family(customer: Customer) -> list[Customer]:
    """Lock a record and all that were merged into it; return them as they are now."""
    keys = [each.pk for each in family_of(customer)]
    held = Customer.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    first = {customer.pk: -1}
    return sorted(held, key=lambda each: first.get(each.pk, each.number))


def _refuse(asked: RightsRequest) -> None:
    if asked.kind != RightsKind.DELETE:
        raise RuleError(_("The person did not ask to be erased."))
    if asked.state not in {RightsState.CHECKED, RightsState.WORKING}:
        raise RuleError(_("The identity has to be checked first."))
    if obstacles := in_the_way(asked.customer):
        raise RuleError(" ".join(str(each) for each in obstacles))


def _what_stays(customer: Customer, now: dt.datetime) -> list[str]:
    keys = [each.pk for each in family_of(customer)]
    found = [kinds.CASES, kinds.LOOKS]
    young = Purchase.objects.filter(
        customer__in=keys, bought_at__gte=now - PURCHASES_KEPT
    )
    if young.exists():
        found.insert(0, kinds.PURCHASES)
    if any(each.consents.exists() for each in family_of(customer)):
        found.append(kinds.CONSENTS)
    return found


def _forget(customer: Customer, now: dt.datetime) -> None:
    customer.name = ""
    customer.address = customer.id_number = customer.notes = None
    customer.confirmed_at = None
    customer.erased_at = customer.erased_at or now
    customer.tags.clear()
    customer.save()


def _close_grants(keys: list[UUID], now: dt.datetime) -> None:
    for grant in AccessGrant.objects.filter(customer__in=keys):
        grant.reason = ""
        if grant.state in {GrantState.ASKED, GrantState.GIVEN}:
            grant.state, grant.ended_at = GrantState.ENDED, now
        grant.save()


def _forget_requests(keys: list[UUID], now: dt.datetime) -> None:
    """Empty the words of all requests, destroy packages, close the ways to them."""
    for asked in RightsRequest.objects.filter(customer__in=keys):
        asked.words, asked.answer = None, asked.answer and ""
        asked.contact = None
        asked.save(update_fields=["words", "answer", "contact"])
        asked.corrections.all().delete()
        revoke_links(request=asked, now=now)
    RightsPackage.objects.filter(request__customer__in=keys, state="ready").update(
        expires_at=now
    )
