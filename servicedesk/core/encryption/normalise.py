"""Bring a value to the one form that its blind index is made of."""

import unicodedata
from collections.abc import Callable

import phonenumbers
from django.conf import settings

from servicedesk.core.encryption.errors import SealedValueError

_LAST = 4

Normaliser = str | Callable[[str], str]


def phone(value: str) -> str:
    """E.164 (and "x12" for an extension); the digits alone if it is no number."""
    value = unicodedata.normalize("NFKC", value)
    region = getattr(settings, "PHONE_REGION", "CN")
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return digits(value)
    if not phonenumbers.is_possible_number(number):
        return digits(value)
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # One switchboard, many people: the extension tells them apart.
    return f"{e164}x{number.extension}" if number.extension else e164


def digits(value: str) -> str:
    """Keep the digits only, full-width ones as plain ones."""
    value = unicodedata.normalize("NFKC", value)
    return "".join(c for c in value if c.isascii() and c.isdigit())


def last4(value: str) -> str:
    """Keep the last four digits; the index may be used beside another condition only."""
    return digits(value)[-_LAST:]


def email(value: str) -> str:
    """NFKC, trimmed, lower case."""
    return unicodedata.normalize("NFKC", value).strip().lower()


def identity(value: str) -> str:
    """NFKC, upper case, nothing but letters and digits (an ID or passport number)."""
    value = unicodedata.normalize("NFKC", value).upper()
    return "".join(c for c in value if c.isalnum())


def name(value: str) -> str:
    """NFKC, without case and spaces."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


def text(value: str) -> str:
    """NFKC, trimmed, without case: any other short value."""
    return unicodedata.normalize("NFKC", value).strip().casefold()


NORMALISERS: dict[str, Callable[[str], str]] = {
    "phone": phone,
    "last4": last4,
    "email": email,
    "id": identity,
    "name": name,
    "text": text,
    # Kinds of contact that have no form of their own.
    "wechat": text,
    "other": text,
}


def normalise(normaliser: Normaliser, value: str) -> str:
    """Apply a normaliser by name or directly; SealedValueError if the name is unknown."""
    if callable(normaliser):
        return normaliser(value)
    try:
        found = NORMALISERS[normaliser]
    except KeyError:
        raise SealedValueError(f"There is no normaliser {normaliser!r}.") from None
    return found(value)
