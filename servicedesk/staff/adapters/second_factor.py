"""Seeds of apps and recovery codes lie sealed in the database, like customers' data."""

import base64
import binascii
from typing import Final

from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from servicedesk.core.encryption.envelope import seal, unseal
from servicedesk.core.encryption.errors import SealError

LABEL: Final = "mfa.authenticator"
# The library hands over the text alone, so it is bound to the kind and not to the row.
# Whoever can write rows can remove a factor as well: moving one gains nothing.
ROW: Final = 0


class FactorUnreadableError(ValidationError):
    """The seed cannot be read: its key is gone, or its bytes were altered."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what the library would write down in clear."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "unreadable": _(
            "Your second factor cannot be read: its key is missing. Neither the app "
            "nor recovery codes work now. Your administrator can let you back in."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Seal a seed. Raises KeyMissing if there are no keys."""
        return base64.b64encode(seal(text, LABEL, ROW)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed. Raises FactorUnreadableError, which forms show as a sentence."""
        try:
            envelope = base64.b64decode(encrypted_text, validate=True)
            return unseal(envelope, LABEL, ROW)
        except (SealError, binascii.Error, ValueError) as error:
            text = self.error_messages["unreadable"]
            raise FactorUnreadableError(text, code="unreadable") from error
