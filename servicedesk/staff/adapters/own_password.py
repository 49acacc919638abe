"""The form in which people change their password."""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from django.utils.translation import gettext as _


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Takes another password only: the one that was given is known to somebody else."""

    def clean(self) -> dict[str, Any]:
        """Refuse the old password as the new one."""
        cleaned: dict[str, Any] = super().clean()
        new = cleaned.get("password1")
        if new and new == cleaned.get("oldpassword"):
            self.add_error("password1", _("This is the password that you have now."))
        return cleaned
