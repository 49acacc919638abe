"""Find the customer behind a phone number or e-mail address, or make a new one."""

import datetime as dt
import unicodedata
from dataclasses import dataclass

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from customers.models import ContactKind, ContactPoint, Customer
from customers.models.contact_point import VALUE_LABEL
from servicedesk.core.encryption.blind_index import blind_indexes
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


def find_contact_point(contact: Contact) -> ContactPoint | None:
    """Return the contact point with this value, found by its blind index."""
    indexes = blind_indexes(VALUE_LABEL, contact.kind.value, contact.value)
    return (
        ContactPoint.objects.filter(kind=contact.kind, value_index__in=indexes)
        .select_related("customer")
        .order_by("created_at")
        .first()
    )


@transaction.atomic
def identify_customer(
    *, name: str, contact: Contact, team: Team, language: str, now: dt.datetime
) -> ContactPoint:
    """Return the contact point of the customer whom the contact belongs to.

    A new customer gets the name, the language and the owning team; a known one
    keeps what is on record. Two requests at once yield one customer: the unique
    index on the contact value decides.
    """
    found = find_contact_point(contact)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                number=_next_number(),
                name=name,
                language=language,
                team=team,
                created_at=now,
            )
            return ContactPoint.objects.create(
                customer=customer,
                kind=contact.kind,
                value=contact.value,
                created_at=now,
            )
    except IntegrityError:
        found = find_contact_point(contact)
        if found is None:
            raise
        return found


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customer_number_seq')")
        return int(cursor.fetchone()[0])
