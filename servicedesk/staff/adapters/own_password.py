"""The forms in which people change their password, or ask for a letter to do so."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, ResetPasswordForm
from django.utils.translation import gettext as _

from servicedesk.staff.models import User


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Takes another password only: the one that was given is known to somebody else."""

    def clean(self) -> dict[str, Any]:
        """Refuse the old password as the new one."""
        cleaned: dict[str, Any] = super().clean()
        new = cleaned.get("password1")
        if new and new == cleaned.get("oldpassword"):
            self.add_error("password1", _("This is the password that you have now."))
        return cleaned


class LetterForm(ResetPasswordForm):  # type: ignore[misc]
    """Writes to the address that the account has now, and to no other.

    The library keeps each address that was ever asked for: one that an account had
    before would go on to let in whoever reads there.
    """

    users: list[User]

    def clean_email(self) -> str:
        """Leave out the accounts that had the address once."""
        email: str = super().clean_email()
        self.users = [
            each for each in self.users if each.email.lower() == email.lower()
        ]
        return email
