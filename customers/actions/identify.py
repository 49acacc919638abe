"""Find the customer behind a phone number or e-mail address, or make a new one."""

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers.models import ContactKind, ContactPoint, Customer
from customers.models.contact_point import VALUE_LABEL
from servicedesk.core.encryption.blind_index import (
    blind_indexes,
    hold_number,
    hold_value,
)
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team


@dataclass(frozen=True)
class Contact:
    """A phone number in E.164 (and "x12" for an extension), or an e-mail address."""

    kind: ContactKind
    value: str


def parse_contact(text: str) -> Contact:
    """Tell whether the text is a phone number or an e-mail address.

    Raises RuleError with a sentence for the person if it is neither.
    """
    # Chinese keyboards write ＠ and ０ as easily as @ and 0.
    text = unicodedata.normalize("NFKC", text).strip()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError:
            raise RuleError(_("This e-mail address is not complete.")) from None
        return Contact(ContactKind.EMAIL, text)
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        raise RuleError(_("Enter a phone number or an e-mail address.")) from None
    if not phonenumbers.is_possible_number(number):
        raise RuleError(_("This phone number has too few or too many digits."))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # One switchboard, many people: the extension tells them apart.
    extension = f"x{number.extension}" if number.extension else ""
    return Contact(ContactKind.PHONE, e164 + extension)


def indexes_of(contact: Contact) -> list[bytes]:
    """Return the blind indexes by which the contact is found, one a live key."""
    return blind_indexes(VALUE_LABEL, contact.kind.value, contact.value)


def find_contact_point(contact: Contact) -> ContactPoint | None:
    """Return the contact point with this value, found by its blind index.

    Where it was written down again beside the first, the first.
    """
    return (
        ContactPoint.objects.filter(
            kind=contact.kind, value_index__in=indexes_of(contact)
        )
        .select_related("customer")
        .order_by(F("beside").asc(nulls_first=True), "created_at")
        .first()
    )


@transaction.atomic
def identify_customer(
    *, name: str, contact: Contact, team: Team, language: str, now: dt.datetime
) -> ContactPoint:
    """Return the contact point of the customer whom the contact belongs to.

    A new customer gets the name, the language and the owning team; a known one
    keeps what is on record. Two requests at once yield one customer: the second waits
    for the first, and looks again; the unique index on the value is the last word.
    Raises RuleError while the keys are missing.
    """
    try:
        found = find_contact_point(contact) or _alone_with(contact)
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return new_customer(
                name=name,
                contact=contact,
                team=team,
                language=language,
                number=None,
                now=now,
            )
    except IntegrityError:
        found = find_contact_point(contact)
        if found is None:
            raise
        return found


def new_customer(  # all that a customer begins with
    *,
    name: str,
    contact: Contact,
    team: Team,
    language: str,
    number: int | None,
    now: dt.datetime,
    more: Mapping[str, Any] | None = None,
) -> ContactPoint:
    """Make a customer with a contact point; the caller gives the number or has it drawn.

    Raises IntegrityError if somebody has made the same contact point meanwhile.
    """
    customer = Customer.objects.create(
        number=_next_number() if number is None else number,
        name=name,
        language=language,
        team=team,
        created_at=now,
        **(more or {}),
    )
    return ContactPoint.objects.create(
        customer=customer,
        kind=contact.kind,
        value=contact.value,
        created_at=now,
    )


def hold_on(contact: Contact) -> int:
    """Return the number of the lock of whoever looks for this contact and adds it."""
    return hold_number(VALUE_LABEL, contact.kind.value, contact.value)


def _alone_with(contact: Contact) -> ContactPoint | None:
    """Let nobody else add this contact, and look once more for who was quicker."""
    hold_value(VALUE_LABEL, contact.kind.value, contact.value)
    return find_contact_point(contact)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customer_number_seq')")
        return int(cursor.fetchone()[0])
