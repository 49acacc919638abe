"""How allauth behaves here: staff only, locked after wrong tries, little at once."""

import threading
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from servicedesk.core.addresses import true_address
from servicedesk.staff.models import User

# One hash takes 100 MiB and a third of a second: a crowd must not take the machine.
HASHES_AT_ONCE: Final = 2
LONGEST_WAIT: Final = 5.0
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators; what is left is signing in and out."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "There were too many wrong tries for this account. For its safety, "
            "signing in is closed for ten minutes. If it was not you, "
            "tell your administrator."
        ),
        "username_password_mismatch": _("Name or password is wrong."),
        "email_password_mismatch": _("Name or password is wrong."),
        "invalid_login": _("Name or password is wrong."),
        "busy": _("Many people are signing in at this moment. Please try again."),
    }

    def is_open_for_signup(self, *_args: Any, **_kwargs: Any) -> bool:
        """Answer that there is no such page: staff do not sign themselves up."""
        raise Http404

    def should_send_confirmation_mail(self, *_args: Any, **_kwargs: Any) -> bool:
        """Addresses are given by administrators: nobody is asked to confirm one."""
        return False

    def send_confirmation_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """Send nothing, for the same reason."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count tries by the address that our own proxies vouch for."""
        return true_address(request) or "0.0.0.0"  # noqa: S104 - no address at all

    def authenticate(
        self, request: HttpRequest, **credentials: Any
    ) -> AbstractBaseUser | None:
        """Check a password, a bounded number at the same time.

        Raises ValidationError if the account is locked or the wait is too long.
        """
        if not _hashing.acquire(timeout=LONGEST_WAIT):
            raise self.validation_error("busy")
        try:
            found: AbstractBaseUser | None = super().authenticate(
                request, **credentials
            )
        finally:
            _hashing.release()
        return found

    def _get_login_attempts_cache_key(
        self, *_request: HttpRequest, **credentials: Any
    ) -> str:
        """Count wrong tries by account: its name and its address share one count."""
        typed = str(credentials.get("email") or credentials.get("username") or "")
        account = User.objects.filter(
            Q(username__iexact=typed) | Q(email__iexact=typed)
        )
        key = account.values_list("pk", flat=True).first() if typed else None
        return f"account:{key}" if key is not None else f"typed:{typed.lower()}"
