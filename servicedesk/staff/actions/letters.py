"""Letters to people about their own account, when an administrator changed it.

Each is a notification with a letter of its own: a row, so that no crash loses it.
"""

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.models import Notification
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import User

MADE: Final = "staff.account_made"
PASSWORD: Final = "staff.password_set"  # noqa: S105  # the name of an event


def register() -> None:
    """Register the kinds; from `ready()`."""
    register_kind(
        NotificationKind(
            MADE,
            title=gettext_lazy("An account was made for me"),
            sentence=lambda _row: _("An administrator made your account."),
            url=_profile,
            fixed=True,
            letter=_letter_of_account,
        )
    )
    register_kind(
        NotificationKind(
            PASSWORD,
            title=gettext_lazy("My password was changed by somebody else"),
            sentence=lambda _row: _("An administrator set a new password for you."),
            url=_profile,
            fixed=True,
            letter=_letter_of_password,
        )
    )


def tell_account_made(*, user: User, now: dt.datetime) -> None:
    """Write to the person that they have an account now."""
    _owe(user, MADE, now)


def tell_password_set(*, user: User, now: dt.datetime) -> None:
    """Write to the person that somebody else set their password."""
    _owe(user, PASSWORD, now)


def _owe(user: User, kind: str, now: dt.datetime) -> None:
    event = now.isoformat()
    notify(users=[user], kind=kind, ref=str(user.pk), key=f"{kind}:{event}", now=now)


def _letter_of_account(row: Notification) -> tuple[str, str]:
    text = _(
        "Hello %(name)s,\n\nan administrator made an account for you. "
        "Your user name is %(username)s; the administrator tells you the "
        "password. It is good for %(days)d days; when you sign in, you choose "
        "one of your own."
    )
    days = {"days": settings.FIRST_PASSWORD_DAYS}
    return _("Your account at the service desk"), text % (_names(row.user) | days)


def _letter_of_password(row: Notification) -> tuple[str, str]:
    text = _(
        "Hello %(name)s,\n\nan administrator set a new password for your "
        "account %(username)s. If you did not ask for it, tell your "
        "supervisor at once."
    )
    return _("Your password was changed"), text % _names(row.user)


def _names(user: Any) -> dict[str, str]:
    return {"name": str(user), "username": user.username}


def _profile(_row: Notification) -> str:
    return reverse("staff:profile")
