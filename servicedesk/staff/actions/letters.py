"""Letters to people about their own account, when an administrator changed it."""

import logging
from smtplib import SMTPException

from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from servicedesk.staff.models import User

_log = logging.getLogger(__name__)


def tell_account_made(*, user: User) -> None:
    """Write to the person that they have an account now, when the change commits."""
    with translation.override(user.language):
        _post(
            user,
            _("Your account at the service desk"),
            _(
                "Hello %(name)s,\n\nan administrator made an account for you. "
                "Your user name is %(username)s; the administrator tells you the "
                "password. Please change it when you have signed in."
            ),
        )


def tell_password_set(*, user: User) -> None:
    """Write to the person that somebody else set their password, on commit."""
    with translation.override(user.language):
        _post(
            user,
            _("Your password was changed"),
            _(
                "Hello %(name)s,\n\nan administrator set a new password for your "
                "account %(username)s. If you did not ask for it, tell your "
                "supervisor at once."
            ),
        )


def _post(user: User, subject: str, text: str) -> None:
    """Send on commit. A letter that cannot be sent is logged, the change stands."""
    if not user.email:
        return
    body = text % {"name": str(user), "username": user.username}

    def send() -> None:
        try:
            send_mail(subject, body, None, [user.email])
        except (OSError, SMTPException):
            _log.exception("A letter about account %s could not be sent", user.pk)

    transaction.on_commit(send)
