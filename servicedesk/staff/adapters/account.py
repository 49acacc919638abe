"""How allauth behaves here: staff only, locked after wrong tries, little at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.core.addresses import true_address
from servicedesk.staff.actions.passwords import has_expired
from servicedesk.staff.actions.security import end_oldest_sessions
from servicedesk.staff.adapters.known_devices import is_known, remember
from servicedesk.staff.models import User
from servicedesk.staff.signals import locked_out

# One hash takes 100 MiB and a third of a second: a crowd must not take the machine.
HASHES_AT_ONCE: Final = 2
# Who waits holds a thread that others need for their pages: few wait, and shortly.
WAITING_AT_ONCE: Final = 2
LONGEST_WAIT: Final = 0.3
BUSY: Final = "busy"
EXPIRED: Final = "first_password_expired"
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
_waiting = threading.BoundedSemaphore(WAITING_AT_ONCE)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators; what is left is signing in and out."""

    _anywhere: ratelimit.RateLimitUsage | None = None
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
        BUSY: _(
            "Many people are signing in at this moment. Please try again in a moment."
        ),
        EXPIRED: _(
            "The password that you were given has expired. Ask your administrator "
            "for a new one."
        ),
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

        Raises ValidationError if the account is locked, the wait is too long, or the
        password was given by somebody else and is too old.
        """
        with _turn() as mine:
            if not mine:
                raise self.validation_error(BUSY)
            found: AbstractBaseUser | None = super().authenticate(
                request, **credentials
            )
        moment = timezone.now()  # noqa: TID251 - the edge
        if isinstance(found, User) and has_expired(found, now=moment):
            raise self.validation_error(EXPIRED)
        return found

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try, and tell upward where it is refused."""
        try:
            self._count(request, **credentials)
        except ValidationError:
            account = _account(credentials)
            locked_out.send(type(self), request=request, account=account)
            raise

    def _count(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try, and refuse it if there were too many wrong ones.

        Five from one address close the account to that address alone: else anybody
        could lock out anybody. Fifty from anywhere close it to browsers that have
        never signed in to it.
        """
        self._anywhere = None
        super().pre_authenticate(request, **credentials)
        account = _account(credentials)
        if isinstance(account, int) and is_known(request, account):
            return
        self._anywhere = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed_anywhere",
            key=f"account:{account}",
        )
        if not self._anywhere:
            self._rollback_login_failed_rl_usage()
            raise self.validation_error("too_many_login_attempts")

    def post_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        """Remember the browser, and end the oldest of too many sessions."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        end_oldest_sessions(
            user=user,
            keep=settings.SESSIONS_AT_MOST,
            current=request.session.session_key or "",
        )
        remember(request, response, user.pk)
        return response

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if self._anywhere:
            self._anywhere.rollback()

    def _get_login_attempts_cache_key(
        self, request: HttpRequest, **credentials: Any
    ) -> str:
        """Count by account and address: name and e-mail share one count."""
        return f"account:{_account(credentials)}@{ratelimit.get_ip(request)}"


def _account(credentials: dict[str, Any]) -> int | str:
    """Return the account's key, or what was typed if there is no such account."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    found = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed))
    key = found.values_list("pk", flat=True).first() if typed else None
    return typed.lower() if key is None else int(key)


@contextmanager
def _turn() -> Iterator[bool]:
    """Yield True when a password may be hashed now, False if too many wait for it."""
    mine = _hashing.acquire(blocking=False)
    if not mine and _waiting.acquire(blocking=False):
        try:
            mine = _hashing.acquire(timeout=LONGEST_WAIT)
        finally:
            _waiting.release()
    try:
        yield mine
    finally:
        if mine:
            _hashing.release()
