"""What people hear of exports: that one waits for them, and what became of theirs."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import ExportRequest
from customers.queries.exports import deciders
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind

ASKED: Final = "customers.export_asked"
READY: Final = "customers.export_ready"
REFUSED: Final = "customers.export_refused"


def register() -> None:
    """Register the kinds."""
    for key, title, sentence, permission in _KINDS:
        register_kind(
            NotificationKind(
                key,
                title=title,
                sentence=sentence,
                url=_address,
                way=Way.MAIL,
                permission=permission,
            )
        )


def tell_asked(export: ExportRequest, now: dt.datetime) -> None:
    """Tell those who may decide about it."""
    _tell(ASKED, export, deciders(export), now)


def tell_ready(export: ExportRequest, now: dt.datetime) -> None:
    """Tell whoever asked that it can be fetched."""
    _tell(READY, export, [export.by_id], now)


def tell_refused(export: ExportRequest, now: dt.datetime) -> None:
    """Tell whoever asked that it was refused."""
    _tell(REFUSED, export, [export.by_id], now)


def _tell(
    kind: str, export: ExportRequest, people: Iterable[int], now: dt.datetime
) -> None:
    notify(
        users=people,
        kind=kind,
        ref=str(export.pk),
        key=f"{kind}:{export.pk}",
        now=now,
        data={"mark": export.mark},
    )


def _address(row: Notification) -> str:
    return reverse("customers:export", args=[row.ref])


def _asked(row: Notification) -> str:
    return str(_("The export %(mark)s waits for your approval.") % row.data)


def _ready(row: Notification) -> str:
    return str(_("The export %(mark)s is ready. It is kept for seven days.") % row.data)


def _refused(row: Notification) -> str:
    return str(_("The export %(mark)s was refused.") % row.data)


_APPROVE, _EXPORT = "customers.approve_export", "customers.export_customer"
_KINDS: tuple[tuple[str, Promise, Callable[[Notification], str], str], ...] = (
    (ASKED, gettext_lazy("An export waits for approval"), _asked, _APPROVE),
    (READY, gettext_lazy("An export is ready"), _ready, _EXPORT),
    (REFUSED, gettext_lazy("An export was refused"), _refused, _EXPORT),
)
