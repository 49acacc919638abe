"""What officers hear of requests of the person: numbers and dates, nothing of the person."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import RightsRequest
from customers.permissions import HANDLE_RIGHTS
from customers.queries.rights import officers
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import User

RECEIVED: Final = "customers.rights_received"
WARNED: Final = "customers.rights_warned"
OVERDUE: Final = "customers.rights_overdue"


def register() -> None:
    """Register the kinds; from `ready()`."""
    register_kind(
        NotificationKind(
            RECEIVED,
            title=gettext_lazy("A person asks about their data"),
            sentence=_received,
            url=_address,
            permission=HANDLE_RIGHTS,
        )
    )
    register_kind(
        NotificationKind(
            WARNED,
            title=gettext_lazy("A request of a person is due soon"),
            sentence=_warned,
            url=_address,
            way=Way.MAIL,
            permission=HANDLE_RIGHTS,
        )
    )
    register_kind(
        NotificationKind(
            OVERDUE,
            title=gettext_lazy("A request of a person is overdue"),
            sentence=_overdue,
            url=_address,
            way=Way.MAIL,
            fixed=True,
            permission=HANDLE_RIGHTS,
        )
    )


def tell_received(asked: RightsRequest, *, now: dt.datetime, by: User | None) -> None:
    """Tell the officers, but whoever wrote it down."""
    people = officers().exclude(pk=by.pk) if by else officers()
    _tell(asked, RECEIVED, people.values_list("pk", flat=True), now=now)


def tell_warned(asked: RightsRequest, *, now: dt.datetime) -> None:
    """Tell whoever handles it; the officers where nobody does."""
    keys = [asked.handler_id] if asked.handler_id else officers_keys()
    _tell(asked, WARNED, keys, now=now)


def tell_overdue(asked: RightsRequest, *, now: dt.datetime) -> None:
    """Tell all officers."""
    _tell(asked, OVERDUE, officers_keys(), now=now)


def officers_keys() -> list[int]:
    """Return the keys of the officers."""
    return list(officers().values_list("pk", flat=True))


def _tell(
    asked: RightsRequest, kind: str, people: Iterable[Any], *, now: dt.datetime
) -> None:
    notify(
        users=people,
        kind=kind,
        ref=str(asked.number),
        data={"code": asked.code},
        key=f"{kind}:{asked.number}",
        now=now,
    )


def _received(row: Notification) -> str:
    return _("A person asks about their data: %(code)s") % {"code": _code(row)}


def _warned(row: Notification) -> str:
    return _("The limit of %(code)s is near") % {"code": _code(row)}


def _overdue(row: Notification) -> str:
    return _("%(code)s is over its limit") % {"code": _code(row)}


def _code(row: Notification) -> str:
    return str(row.data.get("code", ""))


def _address(row: Notification) -> str:
    return reverse("customers:rights-request", args=[row.ref])
