"""Take down what a person wants corrected, correct it, or say why not (PIPL 46, 50)."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.contacts import add_contact
from customers.actions.identify import parse_contact
from customers.actions.records import change_customer, last_change
from customers.actions.rights import lock
from customers.models import (
    ConsentWay,
    ContactKind,
    Correction,
    CorrectionState,
    Field,
    RightsKind,
    RightsRequest,
    RightsState,
)
from customers.queries.corrections import takes_another
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, Unreadable, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

# Whoever gives us a new ID number agrees to its use in the way in which they give it.
_CONSENT = {
    "page": ConsentWay.PAGE, "phone": ConsentWay.PHONE, "email": ConsentWay.EMAIL,
    "paper": ConsentWay.PAPER,
}  # fmt: skip
_CONTACTS = {Field.PHONE: ContactKind.PHONE, Field.EMAIL: ContactKind.EMAIL}


@transaction.atomic
@together()
def ask_correction(
    *,
    asked: RightsRequest,
    field: str,
    proposed: str,
    now: dt.datetime,
    by: User | None = None,
) -> Correction:
    """Write down how a field should read; `by` is None for the person's own page.

    Raises RuleError for a request that is none for correction or is over, for a number
    or an address that is none, and where this field waits already.
    """
    asked = lock(asked)
    if asked.kind != RightsKind.CORRECT or not asked.open:
        raise RuleError(_("Nothing is to be corrected by this request."))
    proposed = check_proposed(field, proposed)
    try:
        with transaction.atomic():
            return Correction.objects.create(
                request=asked, field=field, proposed=proposed, asked_at=now,
                written_by=by,
            )  # fmt: skip
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    except IntegrityError:
        raise RuleError(_("A correction of this field waits already.")) from None


def check_proposed(field: str, proposed: str) -> str:
    """Return the value as it would stand on record; RuleError where it is none."""
    proposed = proposed.strip()
    if not proposed:
        raise RuleError(_("Say how it should read."))
    wanted = _CONTACTS.get(Field(field))
    if wanted is None:
        return proposed
    contact = parse_contact(proposed)
    if contact.kind != wanted:
        raise RuleError(
            _("This is no e-mail address.")
            if wanted == ContactKind.EMAIL
            else _("This is no phone number.")
        )
    return contact.value


@transaction.atomic
@together()
def accept_correction(
    *, correction: Correction, by: User, now: dt.datetime
) -> Correction:
    """Correct the record, with its history, as the person asked.

    A phone number or an e-mail address is added beside those on record; which of them
    is no longer in use is said on the record. It proves nobody's identity for a while,
    as any contact that staff bring. Raises RuleError before the identity was checked,
    and for whoever alone says so and may not read the field; see `takes_another`.
    """
    held, asked = _open(correction)
    if takes_another(held, asked, by):
        raise RuleError(
            _("You wrote this down yourself, so another person has to carry it out.")
        )
    if asked.state == RightsState.RECEIVED:
        raise RuleError(_("The identity has to be checked first."))
    if isinstance(held.proposed, Unreadable):
        raise RuleError(str(held.proposed))
    if held.field in _CONTACTS:
        contact = parse_contact(held.proposed)
        add_contact(customer=asked.customer, contact=contact, note="", by=by, now=now)
    else:
        change_customer(
            customer=asked.customer, changes={held.field: held.proposed},
            # Whoever decides looks at the record as it is now.
            seen=last_change(asked.customer),
            consent_way=_CONSENT.get(asked.way, ConsentWay.FORM), by=by, now=now,
        )  # fmt: skip
    return _decided(held, CorrectionState.ACCEPTED, by, now)


@transaction.atomic
@together()
def decline_correction(
    *, correction: Correction, reason: str, by: User, now: dt.datetime
) -> Correction:
    """Leave the record as it is, with a reason that the person reads."""
    held, _asked = _open(correction)
    if not reason.strip():
        raise RuleError(_("A refusal needs its reason."))
    held.reason = reason.strip()
    return _decided(held, CorrectionState.DECLINED, by, now)


def _open(correction: Correction) -> tuple[Correction, RightsRequest]:
    asked = lock(correction.request)
    held = Correction.objects.select_for_update().get(pk=correction.pk)
    if held.state != CorrectionState.OPEN or not asked.open:
        raise RuleError(_("This correction was decided already."))
    return held, asked


def _decided(
    held: Correction, state: CorrectionState, by: User, now: dt.datetime
) -> Correction:
    held.state, held.decided_by, held.decided_at = state, by, now
    held.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    return held
