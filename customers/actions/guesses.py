"""Know values that only differ in what a mask hides, however they are spelt."""

import hashlib
from typing import Final

from customers.models import Field
from customers.queries.masks import looks
from servicedesk.core.encryption.blind_index import hold_number
from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.normalise import NORMALISERS, normalise
from servicedesk.staff.models import User

DAY: Final = 24 * 3600
GUESSES: Final = "guesses"
"""What the alarm about them is about."""
SHORTEST_ID: Final = 14
"""Of a shorter ID number a mask shows one character, which tens of orders share."""
_FORMS: Final = {Field.ID_NUMBER: "id"}


def plain_of(field: Field, value: str) -> str:
    """Return the one form of a value by which it is found.

    Spaces, hyphens and capitals find the same record, so they are no other guess.
    """
    form = _FORMS.get(field, str(field))
    return normalise(form if form in NORMALISERS else "text", value)


def looks_of(field: Field, plain: str) -> str:
    """Return a short word for what a mask leaves of it."""
    said = f"{field}/{looks(field, plain)}"
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def mark_of(user: User, field: Field, plain: str) -> str:
    """Return the key under which it is kept that somebody has asked for the value.

    By the index key, so that nobody reads it back; "" while that is missing.
    """
    try:
        number = hold_number("customers.guesses", "text", f"{user.pk}/{field}/{plain}")
    except KeyMissing:
        return ""
    return f"limit:customers-asked:{number & (2**64 - 1):x}"
