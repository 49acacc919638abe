"""Send a code to an e-mail address, and take it for verified when the code comes back."""

import datetime as dt
import secrets
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions.contacts import verify_contact
from customers.actions.hold import hold
from customers.models import ContactCode, ContactKind, ContactPoint
from customers.models.contact_code import MOST_TRIES
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

GOOD_FOR: Final = dt.timedelta(minutes=30)
APART: Final = dt.timedelta(minutes=1)
MOST_A_DAY: Final = 5
DIGITS: Final = 8


@transaction.atomic
@together()
def ask_code(*, contact: ContactPoint, by: User, now: dt.datetime) -> ContactCode:
    """Owe the address a letter with a new code; earlier codes are good no longer.

    Raises RuleError for what is no e-mail address or no longer in use, within a minute
    of another, after five in a day, and while the keys are missing.
    """
    hold(contact.customer)
    found = ContactPoint.objects.select_for_update().filter(pk=contact.pk).first()
    if found is None or found.kind != ContactKind.EMAIL or found.dead_at is not None:
        raise RuleError(_("A code goes to an e-mail address that is in use."))
    lately = found.codes.filter(asked_at__gt=now - dt.timedelta(days=1))
    if lately.filter(asked_at__gt=now - APART).exists():
        raise RuleError(_("A code was sent just now. Wait a minute."))
    if lately.count() >= MOST_A_DAY:
        raise RuleError(_("Five codes went there today. That is enough."))
    found.codes.filter(used_at=None, expires_at__gt=now).update(
        expires_at=now, code=None
    )
    code = "".join(secrets.choice("0123456789") for _each in range(DIGITS))
    try:
        return ContactCode.objects.create(
            contact=found, code=code, asked_by=by, asked_at=now, due_at=now,
            expires_at=now + GOOD_FOR,
        )  # fmt: skip
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error


@transaction.atomic
@together()
def enter_code(
    *, contact: ContactPoint, typed: str, by: User, now: dt.datetime
) -> bool:
    """Verify the contact if this is the code that went there; tell whether it is.

    A wrong one counts, and the count is kept: so it is no RuleError. Raises one where
    no code is good any more. Verified by a code proves that somebody reads there, not
    that they are the customer: who asks for data is proved by `queries.proof` alone.
    Nor does it bring back to life what was found dead since.
    """
    hold(contact.customer)
    held = ContactPoint.objects.select_for_update().filter(pk=contact.pk).first()
    if held is None or held.dead_at is not None:
        raise RuleError(_("No code is good any more. Send a new one."))
    alive = ContactCode.objects.select_for_update().filter(
        contact=contact, used_at=None, expires_at__gt=now, tries__lt=MOST_TRIES
    )
    code = alive.order_by("-asked_at").first()
    if code is None or not isinstance(code.code, str):
        raise RuleError(_("No code is good any more. Send a new one."))
    plain = "".join(each for each in typed if each.isdigit())
    if not secrets.compare_digest(plain.encode(), code.code.encode()):
        code.tries += 1
        code.save(update_fields=["tries"])
        return False
    code.used_at, code.code = now, None
    code.save(update_fields=["used_at", "code"])
    verify_contact(contact=contact, way="code", by=by, now=now)
    return True


def forget_codes(*, now: dt.datetime) -> int:
    """Take the digits of codes that are good no longer; return how many."""
    over = ContactCode.objects.filter(expires_at__lte=now, code__isnull=False)
    return over.update(code=None)
