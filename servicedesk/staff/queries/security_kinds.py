"""The security checks about accounts, and where what they find is mended."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.core.security_checks.registry import (
    Look,
    Said,
    SecurityCheck,
    register_security_check,
)
from servicedesk.staff.queries import security, security_access

_PEOPLE: Final = "admin:staff_user_changelist"
_PERSON: Final = "admin:staff_user_change"
_KINDS: Final[dict[str, tuple[Promise, Look, Mapping[str, Said]]]] = {
    "staff.factors": (
        _("Second factors"), security.look_at_factors, security.FACTORS_SAID,
    ),
    "staff.use": (
        _("Accounts that nobody uses"), security.look_at_use, security.UNUSED_SAID,
    ),
    "staff.leavers": (
        _("Accounts of people who left"), security.look_at_leavers, security.LEFT_SAID,
    ),
    "staff.superusers": (
        _("Superusers"), security.look_at_superusers, security.SUPERUSERS_SAID,
    ),
    "staff.access": (
        _("Roles by two people"),
        security_access.look_at_access,
        security_access.ACCESS_SAID,
    ),
    "staff.passwords": (
        _("Stored passwords"), security.look_at_passwords, security.PASSWORDS_SAID,
    ),
    "staff.sessions": (
        _("Sessions"), security.look_at_sessions, security.SESSIONS_SAID,
    ),
}  # fmt: skip


def register() -> None:
    """Register them; from `ready()`."""
    for key, (title, look, said) in _KINDS.items():
        register_security_check(
            SecurityCheck(
                key,
                title=title,
                look=look,
                said=said,
                permission="staff.view_user",
                mend=_PEOPLE,
                subject=_PERSON,
                names=security.names_of,
            )
        )
    register_security_check(
        SecurityCheck(
            "staff.clearance",
            title=_("Clearance"),
            look=security.look_at_clearance,
            said=security.CLEARANCE_SAID,
            permission="staff.view_clearance",
            mend="staff:cleared",
        )
    )
