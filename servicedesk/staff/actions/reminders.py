"""Remind people of what keeps their clearance: a training that lapses, a new version."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import Clearance, ConfidentialityAgreement, User
from servicedesk.staff.queries.clearance import trained_people_due, unsigned_people

LAPSES: Final = "staff.training_lapses"
TO_SIGN: Final = "staff.agreement_to_sign"
DAYS: Final = (0, 1, 7, 30)
"""So many days before the lapse people are told; 0 is the lapse itself."""
BATCH: Final = 500
# A sweep that is late by less than this still finds what came into force since.
LATE: Final = dt.timedelta(minutes=5)


def register() -> None:
    """Register the kinds; from `ready()`."""
    register_kind(
        NotificationKind(
            LAPSES,
            title=gettext_lazy("My security training lapses"),
            sentence=_lapses,
            url=_mine,
            way=Way.MAIL,
            fixed=True,
        )
    )
    register_kind(
        NotificationKind(
            TO_SIGN,
            title=gettext_lazy("A new confidentiality agreement is to be signed"),
            sentence=_to_sign,
            url=lambda _row: reverse("staff:agreement"),
            way=Way.MAIL,
            fixed=True,
        )
    )


def tell_to_sign(*, agreement: ConfidentialityAgreement, now: dt.datetime) -> None:
    """Let everybody hear that a new version is out, and from when on it counts."""
    assert agreement.effective_from is not None
    notify(
        users=unsigned_people(),
        kind=TO_SIGN,
        ref=str(agreement.number),
        data={"from": agreement.effective_from.isoformat()},
        key=f"{TO_SIGN}:{agreement.number}",
        now=now,
    )


def remind(*, now: dt.datetime) -> int:
    """Remind whose training lapses in 30, 7 or 1 days, or has; how many were told.

    Each is told of each stage at most once: the stage is kept on the row, which is
    locked. Whoever is late for a stage is told of the nearest alone.
    """
    told = 0
    for days in DAYS:
        told += _remind(days, now)
    return told


@transaction.atomic
def close_streams_of_unsigned(*, now: dt.datetime) -> int:
    """End the streams of those who have not signed what came into force just now."""
    fresh = ConfidentialityAgreement.objects.published().filter(
        effective_from__lte=now, effective_from__gt=now - LATE
    )
    people = list(unsigned_people()) if fresh.exists() else []
    end_streams(users=people)
    return len(people)


@transaction.atomic
def _remind(days: int, now: dt.datetime) -> int:
    due = trained_people_due(now=now, days=days).values("pk")
    rows = list(
        Clearance.objects.select_for_update(skip_locked=True)
        .filter(user__in=due)
        .exclude(reminded__lte=days)
        .order_by("pk")[:BATCH]
    )
    for row in rows:
        _tell(row, days, now)
    keys = [row.pk for row in rows]
    Clearance.objects.filter(pk__in=keys).update(reminded=days)
    if days == 0:
        end_streams(users=User.objects.filter(pk__in=keys))
    return len(rows)


def _tell(row: Clearance, days: int, now: dt.datetime) -> None:
    assert row.training_until is not None
    until = row.training_until.isoformat()
    notify(
        users=[row.user_id],
        kind=LAPSES,
        ref=str(row.user_id),
        data={"until": until, "days": days},
        key=f"{LAPSES}:{until}:{days}",
        now=now,
    )


def _lapses(row: Notification) -> str:
    days = int(row.data.get("days", 0))
    if not days:
        return _("Your security training has lapsed. Customer data is closed to you.")
    return ngettext(
        "Your security training lapses within %(days)d day, on %(date)s.",
        "Your security training lapses within %(days)d days, on %(date)s.",
        days,
    ) % {"days": days, "date": _date(row.data.get("until"))}


def _to_sign(row: Notification) -> str:
    return _(
        "The confidentiality agreement has a new version, %(number)s. "
        "Please sign it; it is in force from %(date)s."
    ) % {"number": row.ref, "date": _date(row.data.get("from"))}


def _date(text: object) -> str:
    return date_format(localtime(dt.datetime.fromisoformat(str(text))), "Y-m-d")


def _mine(_row: Notification) -> str:
    return reverse("staff:clearance")
