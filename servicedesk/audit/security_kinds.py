"""The security checks that the audit log answers."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from servicedesk.audit import security
from servicedesk.core.security_checks.registry import (
    SecurityCheck,
    register_security_check,
)
from servicedesk.staff.queries.security import names_of

_READS = "audit.view_logentry"
_LOG = "audit:log"
_CHECKS: Final = (
    SecurityCheck(
        "audit.sign_ins",
        title=_("Wrong passwords"),
        look=security.look_at_sign_ins,
        said=security.SIGN_INS_SAID,
        permission=_READS,
        mend=_LOG,
    ),
    SecurityCheck(
        "audit.refusals",
        title=_("Refusals"),
        look=security.look_at_refusals,
        said=security.REFUSED_SAID,
        permission=_READS,
        mend=_LOG,
    ),
    SecurityCheck(
        "audit.passwords",
        title=_("Passwords that somebody else set"),
        look=security.look_at_passwords,
        said=security.PASSWORDS_SAID,
        permission="staff.view_user",
        mend="admin:staff_user_changelist",
        subject="admin:staff_user_change",
        names=names_of,
    ),
    SecurityCheck(
        "audit.log",
        title=_("Audit log and its seals"),
        look=security.look_at_log,
        said=security.LOG_SAID,
        permission=_READS,
        mend=_LOG,
    ),
)


def register() -> None:
    """Register them; from `ready()`."""
    for each in _CHECKS:
        register_security_check(each)
