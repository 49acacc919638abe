"""What the security checks ask about who gives rights, and who is there to confirm them."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import Found, Said
from servicedesk.staff.models import User
from servicedesk.staff.queries.access import administrators_alone
from servicedesk.staff.queries.security import about, ids

ACCESS_SAID: Final = {
    "alone": Said(
        ngettext_lazy(
            "What %(count)d administrator asks for nobody could confirm.",
            "What %(count)d administrators ask for nobody could confirm.",
            "count",
        ),
        _(
            "Make another administrator or data protection officer, as a superuser or "
            "by somebody else: whoever handed over their password cannot count on them."
        ),
    ),
    "by_one": Said(
        ngettext_lazy(
            "%(count)d superuser gives roles and passwords without a second person.",
            "%(count)d superusers give roles and passwords without a second person.",
            "count",
        ),
        _("Keep the account for emergencies; close it when the desk is set up."),
    ),
}


def look_at_access(_now: dt.datetime) -> Iterator[Found]:
    """Find administrators without a second person, and superusers, who need none."""
    yield from about(Level.WARN, "alone", administrators_alone())
    owners = User.objects.filter(is_superuser=True, is_active=True)
    yield from about(Level.NOTE, "by_one", ids(owners))
