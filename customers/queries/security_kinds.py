"""The security checks about customers' data, and where what they find is mended."""

from django.utils.translation import gettext_lazy as _

from customers.permissions import SEE_GRANTS, WATCH
from customers.queries import security
from servicedesk.core.security_checks.registry import (
    SecurityCheck,
    register_security_check,
)
from servicedesk.staff.queries.security import names_of


def register() -> None:
    """Register them; from `ready()`."""
    register_security_check(
        SecurityCheck(
            "customers.grants",
            title=_("Access grants"),
            look=security.look_at_grants,
            said=security.GRANTS_SAID,
            permission=SEE_GRANTS,
            mend="customers:grants",
        )
    )
    register_security_check(
        SecurityCheck(
            "customers.alarms",
            title=_("Access alarms and honey records"),
            look=security.look_at_alarms,
            said=security.ALARMS_SAID,
            permission=WATCH,
            mend="customers:alarms",
        )
    )
    register_security_check(
        SecurityCheck(
            "customers.powers",
            title=_("Rights that two people should hold"),
            look=security.look_at_powers,
            said=security.POWERS_SAID,
            permission="staff.view_user",
            mend="admin:staff_user_changelist",
            subject="admin:staff_user_change",
            names=names_of,
        )
    )
