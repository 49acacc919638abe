"""Tell those who answer for the system's safety what the security checks found."""

import datetime as dt
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.core.models import Notification, SecurityCheckRun, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.queries.security import holders, ids

FOUND: Final = "core.security_found"
ANSWERS: Final = "core.change_securityfinding"


def register() -> None:
    """Register the kind; from `ready()`."""
    register_kind(
        NotificationKind(
            FOUND,
            title=gettext_lazy("The security checks found something bad"),
            sentence=_sentence,
            url=_page,
            way=Way.MAIL,
            fixed=True,
            permission=ANSWERS,
        )
    )


def tell_found(*, run: SecurityCheckRun, count: int, now: dt.datetime) -> None:
    """Tell administrators and data protection officers, once for each run that found."""
    notify(
        users=ids(holders(ANSWERS)),
        kind=FOUND,
        ref=str(run.pk),
        key=f"{FOUND}:{run.pk}",
        data={"count": count},
        now=now,
    )


def _sentence(row: Notification) -> str:
    count = int(row.data.get("count", 1))
    return ngettext(
        "The security checks found %(count)d new thing that is bad.",
        "The security checks found %(count)d new things that are bad.",
        count,
    ) % {"count": count}


def _page(_row: Notification) -> Any:
    return reverse("security:page")
