"""Tell people, once and in sum, what they took over from somebody who left."""

import datetime as dt
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import Departure

TAKEN_OVER: Final = "staff.taken_over"
LEFT: Final = "staff.work_handed_over"


def register() -> None:
    """Register the kinds; from `ready()`."""
    register_kind(
        NotificationKind(
            TAKEN_OVER,
            title=gettext_lazy("I take over the work of somebody who left"),
            sentence=_taken_over,
            url=lambda _row: reverse(settings.LOGIN_REDIRECT_URL),
            way=Way.MAIL,
            fixed=True,
        )
    )
    register_kind(
        NotificationKind(
            LEFT,
            title=gettext_lazy("Somebody left, and their work was handed over"),
            sentence=_left,
            url=lambda row: reverse("staff:leaving", args=[row.ref]),
            way=Way.MAIL,
            fixed=True,
        )
    )


def tell_handed_over(*, departure: Departure, now: dt.datetime) -> None:
    """Tell each heir how much is theirs now, and who planned it how it ended."""
    for person, number in departure.handed.items():
        if person:
            notify(
                users=[int(person)],
                kind=TAKEN_OVER,
                ref=str(departure.pk),
                data={"count": number},
                key=f"{TAKEN_OVER}:{departure.pk}",
                now=now,
            )
    handed = sum(departure.handed.values())
    notify(
        users=[departure.planned_by_id],
        kind=LEFT,
        ref=str(departure.user_id),
        data={"count": handed, "nobody": departure.handed.get("", 0)},
        key=f"{LEFT}:{departure.pk}",
        now=now,
    )


def _taken_over(row: Notification) -> str:
    count = int(row.data.get("count", 0))
    return ngettext(
        "%(count)d piece of work of a colleague who left is yours now.",
        "%(count)d pieces of work of a colleague who left are yours now.",
        count,
    ) % {"count": count}


def _left(row: Notification) -> str:
    count, nobody = int(row.data.get("count", 0)), int(row.data.get("nobody", 0))
    told = ngettext(
        "Handed over: %(count)d piece of work of somebody who left.",
        "Handed over: %(count)d pieces of work of somebody who left.",
        count,
    ) % {"count": count}
    if not nobody:
        return told
    return (
        told
        + " "
        + ngettext(
            "%(count)d went back into a queue: nobody could take it.",
            "%(count)d went back into queues: nobody could take them.",
            nobody,
        )
        % {"count": nobody}
    )
