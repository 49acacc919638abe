"""Decide about the e-mails that one person is due: now, later, together, or never."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F

from servicedesk.core.models import MailState, Notification, QuietHours, Way
from servicedesk.core.notifications.quiet import digest_at, quiet_until, zone_of
from servicedesk.core.notifications.registry import concerns, find_kind, present

MAILS_AN_HOUR: Final = 4
HOUR: Final = dt.timedelta(hours=1)
# Who is here is asked again after a while; after a day it is no news any more.
AGAIN: Final = dt.timedelta(minutes=10)
STALE: Final = dt.timedelta(days=1)


@dataclass
class Plan:
    """What to do with the rows of one person; `letters` are taken and to be sent."""

    user: Any  # the model of staff, which stands above
    letters: list[list[Notification]] = field(default_factory=list)


@dataclass(frozen=True)
class _Person:
    user: Any
    address: bool
    reachable: bool
    present: bool
    zone: zoneinfo.ZoneInfo
    hours: QuietHours


@transaction.atomic
def plan_for(*, user_id: int, now: dt.datetime) -> Plan | None:
    """Take what is to be sent to a person now, in as few letters as can be.

    Each row that is due is taken, put off, or skipped; rows that another sweep
    holds are left to it.
    """
    due = Notification.objects.select_for_update(skip_locked=True).filter(
        user=user_id, mail_state=MailState.DUE, mail_due_at__lte=now
    )
    rows = list(due.order_by("pk"))
    user = get_user_model().objects.filter(pk=user_id).first()
    if not rows or user is None:
        return None
    person = _Person(
        user=user,
        address=bool(user.email),
        reachable=user.is_active and bool(user.email),
        present=bool(present([user_id])),
        zone=zone_of(user.time_zone),
        hours=QuietHours.objects.filter(user=user_id).first() or QuietHours(),
    )
    plan, bundle = Plan(user), list[Notification]()
    for row in rows:
        when = _when(row, person, now)
        if when is None:
            _update([row], mail_state=MailState.SKIPPED)
        elif when > now:
            _update([row], mail_due_at=when)
        elif _own_letter(row):
            plan.letters.append([row])
        else:
            bundle.append(row)
    if bundle and (free_at := _full_until(user_id, now)) is not None:
        _update(bundle, mail_due_at=free_at)
    elif bundle:
        plan.letters.append(bundle)
    _take([row for letter in plan.letters for row in letter], now)
    return plan


def _when(row: Notification, person: _Person, now: dt.datetime) -> dt.datetime | None:
    """Return when to send this: now, later (ask again then), or None for never."""
    kind = find_kind(row.kind)
    if kind is not None and kind.letter is not None:
        return now if person.address else None
    if kind is None or not person.reachable or row.read_at is not None:
        return None
    if not concerns(person.user, row.kind):
        # They lost the role, or their clearance, since.
        return None
    if row.way == Way.DIGEST and now < (at := digest_at(person.zone, row.created_at)):
        return at
    if person.present and not person.hours.also_present and row.way == Way.MAIL:
        return now + AGAIN if now - row.created_at < STALE else None
    quiet = quiet_until(person.hours, person.zone, now)
    return now if kind.urgent and person.hours.urgent_passes else quiet or now


def _own_letter(row: Notification) -> bool:
    kind = find_kind(row.kind)
    return kind is not None and kind.letter is not None


def _full_until(user_id: int, now: dt.datetime) -> dt.datetime | None:
    """Return when the next letter may go, if this hour has had its number."""
    sent = Notification.objects.filter(
        user=user_id, mail_state=MailState.SENT, mail_sent_at__gt=now - HOUR
    )
    times = sorted({at for at in sent.values_list("mail_sent_at", flat=True) if at})
    if len(times) < MAILS_AN_HOUR:
        return None
    return times[-MAILS_AN_HOUR] + HOUR


def _take(rows: list[Notification], now: dt.datetime) -> None:
    _update(
        rows,
        mail_state=MailState.SENDING,
        mail_taken_at=now,
        mail_tries=F("mail_tries") + 1,
    )
    for row in rows:
        row.mail_tries += 1


def _update(rows: list[Notification], **values: object) -> None:
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
