"""Add a way to reach a customer, verify it, find it dead, remove it."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from customers.actions.history import write
from customers.actions.hold import hold
from customers.actions.identify import Contact
from customers.actions.records import refuse_taken
from customers.links import revoke_links
from customers.models import (
    ContactPoint,
    Customer,
    CustomerEventKind,
    RightsLetter,
    RightsRequest,
)
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
@together()
def add_contact(
    *, customer: Customer, contact: Contact, note: str, by: User, now: dt.datetime
) -> ContactPoint:
    """Add a contact point.

    Raises TakenError if it is another customer's, RuleError if it is on this record
    already or while the keys are missing.
    """
    held = hold(customer)
    try:
        refuse_taken(contact, held)
        with transaction.atomic():
            made = ContactPoint.objects.create(
                customer=held,
                kind=contact.kind,
                value=contact.value,
                note=note,
                created_at=now,
            )
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    except IntegrityError:
        refuse_taken(contact, held)
        raise RuleError(_("This contact is on the record already.")) from None
    write(
        held, CustomerEventKind.CONTACT, by=by, now=now,
        fields=[contact.kind, "added"], about=made.pk,
    )  # fmt: skip
    return made


@transaction.atomic
@together()
def verify_contact(
    *, contact: ContactPoint, way: str, by: User, now: dt.datetime
) -> ContactPoint:
    """Write down that the contact was found to be the customer's, and how."""
    held, found = _held(contact)
    found.verified_at, found.dead_at = now, None
    found.save(update_fields=["verified_at", "dead_at"])
    write(
        held, CustomerEventKind.VERIFIED, by=by, now=now,
        fields=[found.kind, way], about=found.pk,
    )  # fmt: skip
    return found


@transaction.atomic
@together()
def mark_dead(
    *, contact: ContactPoint, dead: bool, by: User, now: dt.datetime
) -> ContactPoint:
    """Write down that nobody is reached there any more, or is again."""
    held, found = _held(contact)
    found.dead_at = now if dead else None
    found.save(update_fields=["dead_at"])
    if dead:
        _close_links(found, now)
        # Nor does a code that is under way verify it once it is in use again.
        found.codes.filter(used_at=None).update(expires_at=now, code=None)
    write(
        held, CustomerEventKind.CONTACT, by=by, now=now,
        fields=[found.kind, "dead" if dead else "alive"], about=found.pk,
    )  # fmt: skip
    return found


@transaction.atomic
@together()
def remove_contact(*, contact: ContactPoint, by: User, now: dt.datetime) -> None:
    """Take the contact off the record. The requests that came from it stay."""
    held, found = _held(contact)
    key, kind = found.pk, found.kind
    _close_links(found, now)
    try:
        found.delete()
    except ProtectedError:
        raise RuleError(
            _("This contact is still needed. Mark it as no longer in use instead.")
        ) from None
    write(
        held, CustomerEventKind.CONTACT, by=by, now=now,
        fields=[kind, "removed"], about=key,
    )  # fmt: skip


def _close_links(contact: ContactPoint, now: dt.datetime) -> None:
    """Make useless what went to this contact: whoever has it now is somebody else."""
    written = RightsLetter.objects.filter(contact=contact).values("request")
    went = Q(contact=contact) | Q(pk__in=written)
    for request in RightsRequest.objects.filter(
        went, links__revoked_at=None
    ).distinct():
        revoke_links(request=request, now=now)


def _held(contact: ContactPoint) -> tuple[Customer, ContactPoint]:
    held = hold(contact.customer)
    found = held.contact_points.select_for_update().filter(pk=contact.pk).first()
    if found is None:
        raise RuleError(_("This contact is no longer on the record."))
    return held, found
