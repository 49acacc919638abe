"""Count how often somebody looks behind masks, and raise the alarm where it is too much."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.actions import notices
from customers.models import AccessAlarm, AlarmHow, AlarmKind, HoneyRecord, RevealLimits
from servicedesk.core.errors import RuleError
from servicedesk.core.notifications.quiet import zone_of
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)
SPANS: Final = {
    AlarmKind.TEN_MINUTES: dt.timedelta(minutes=10),
    AlarmKind.HOUR: HOUR,
    AlarmKind.DAY: DAY,
    AlarmKind.UNUSUAL: DAY,
    AlarmKind.MANY: HOUR,
    AlarmKind.OUTSIDE: DAY,
    AlarmKind.NIGHT: DAY,
    AlarmKind.BLOCKED: dt.timedelta(seconds=1),
    AlarmKind.HONEY: dt.timedelta(minutes=10),
}
_LOCK: Final = 0x72657665  # with the person's id: who counts one person's reveals
_USUAL_DAYS = 30
# Counting begins anew when an officer has lifted a block.
_COUNTED: Final = """
WITH since AS (
  SELECT GREATEST(%(day)s, max(lifted_at)) AS at FROM customers_accessalarm
  WHERE user_id = %(by)s AND kind = 'blocked'
), mine AS (
  SELECT reveal.at, customer_id, in_work,
    extract(hour FROM reveal.at AT TIME ZONE %(zone)s) AS hour
  FROM customers_reveal reveal, since
  WHERE by_id = %(by)s AND reveal.at > since.at
)
SELECT (SELECT row_to_json(given) FROM customers_reveallimits given),
  EXISTS (SELECT FROM customers_accessalarm
    WHERE user_id = %(by)s AND kind = 'blocked' AND lifted_at IS NULL),
  count(*) FILTER (WHERE at > %(ten_minutes)s),
  count(*) FILTER (WHERE at > %(hour)s),
  count(*),
  array_agg(DISTINCT customer_id) FILTER (WHERE at > %(hour)s),
  count(*) FILTER (WHERE NOT in_work),
  array_agg(hour::int)
FROM mine
"""
_USUAL: Final = """
SELECT
  (SELECT count(*)::float / GREATEST(count(DISTINCT at::date), 1) FROM customers_reveal
   WHERE by_id = %(by)s AND at <= %(day)s AND at > %(month)s),
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY number) FROM (
    SELECT (SELECT count(*) FROM customers_reveal
      WHERE by_id = colleague.user_id AND at > %(day)s) AS number
    FROM (SELECT DISTINCT user_id FROM staff_membership
      WHERE team_id = ANY(%(teams)s) AND user_id <> %(by)s) colleague) counted)
"""


@dataclass(frozen=True)
class Counted:
    """The reveals of one person before this one, and what is allowed."""

    limits: RevealLimits
    blocked: bool
    ten_minutes: int
    hour: int
    day: int
    customers: frozenset[UUID]
    outside: int
    night: int


def count(*, by: User, now: dt.datetime) -> Counted:
    """Count a person's reveals; nobody else counts them until this transaction ends.

    Raises RuleError while the person's reveals are stopped.
    """
    values: dict[str, Any] = {
        "by": by.pk,
        # Not their own, which they can set: night is when the desk sleeps.
        "zone": settings.TIME_ZONE,
        "ten_minutes": now - SPANS[AlarmKind.TEN_MINUTES],
        "hour": now - HOUR,
        "day": now - DAY,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, by.pk])
        cursor.execute(_COUNTED, values)
        given, blocked, ten, hour, day, customers, outside, hours = cursor.fetchone()
    limits = RevealLimits(**(given or {}))
    if blocked:
        raise StoppedError(
            _("You have revealed more than is usual, so no more is shown to you. A "
              "data protection officer has been told and can lift this.")
        )  # fmt: skip
    nights = sum(_is_night(each, limits) for each in hours or ())
    return Counted(
        limits, blocked, ten, hour, day, frozenset(customers or ()), outside, nights
    )


class StoppedError(RuleError):
    """Past the hard limit: refused until a data protection officer lifts it."""


def watch(
    before: Counted, *, by: User, looked: Mapping[UUID, bool], now: dt.datetime
) -> None:
    """Raise the alarms that this is reason for, and stop who goes too far.

    `looked` is at whom the person looks now, once each, and whether it is their work.
    """
    limits, night, more = before.limits, before.night, len(looked)
    if _is_night(now.astimezone(zone_of(settings.TIME_ZONE)).hour, limits):
        night += more
    outside = sum(not in_work for in_work in looked.values())
    found = {
        AlarmKind.TEN_MINUTES: (before.ten_minutes + more, limits.ten_minutes),
        AlarmKind.HOUR: (before.hour + more, limits.hour),
        AlarmKind.DAY: (before.day + more, limits.day),
        AlarmKind.MANY: (len(before.customers | looked.keys()), limits.many),
        AlarmKind.OUTSIDE: (before.outside + outside, limits.outside),
        AlarmKind.NIGHT: (night, limits.night),
    }
    if not outside:
        del found[AlarmKind.OUTSIDE]
    for kind, (number, limit) in found.items():
        if number > limit:
            raise_alarm(kind=kind, user=by, now=now, number=number, limit=limit)
    for kind in (AlarmKind.TEN_MINUTES, AlarmKind.HOUR, AlarmKind.DAY):
        number, limit = found[kind]
        if number >= limit * limits.hard:
            raise_alarm(
                kind=AlarmKind.BLOCKED, user=by, now=now, number=number,
                limit=limit * limits.hard,
            )  # fmt: skip
            break
    if before.day + more > limits.floor:
        _compare(before.day + more, limits, by, now)


def _compare(number: int, limits: RevealLimits, by: User, now: dt.datetime) -> None:
    """Hold a day against the person's usual day and the team's: the greater counts."""
    values: dict[str, Any] = {
        "by": by.pk,
        "day": now - DAY,
        "month": now - DAY * (_USUAL_DAYS + 1),
        "teams": sorted(team_ids(by)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, values)
        own, team = cursor.fetchone()
    usual = max(own or 0.0, team or 0.0)
    if number > limits.times * usual:
        raise_alarm(
            kind=AlarmKind.UNUSUAL, user=by, now=now, number=number,
            limit=max(limits.floor, int(limits.times * usual)),
        )  # fmt: skip


@transaction.atomic
def raise_alarm(  # what an alarm says
    *,
    kind: AlarmKind,
    user: User | None,
    now: dt.datetime,
    number: int = 1,
    limit: int = 0,
    honey: HoneyRecord | None = None,
    how: AlarmHow | None = None,
    about: str = "",
) -> AccessAlarm:
    """Raise an alarm once for a person, a kind and a span; add to it after that.

    What is counted apart is told apart by `about`: else an alarm that officers have
    seen already would take in another that they have not.
    """
    about = str(honey.pk) if honey else about
    alarm = _same(kind, user, about, now)
    if alarm is not None:
        more = alarm.number + 1 if kind == AlarmKind.HONEY else number
        # Never less: a smaller count, of another thing, would hide the greater.
        alarm.number, alarm.last_at = max(alarm.number, more), now
        alarm.save(update_fields=["number", "last_at"])
        return alarm
    # Of two at the same moment the second finds what the first has written.
    alarm, new = AccessAlarm.objects.get_or_create(
        kind=kind,
        user=user,
        period=int(now.timestamp() // SPANS[kind].total_seconds()),
        about=about,
        defaults={
            "number": number,
            "limit": limit,
            "honey": honey,
            "how": how or "",
            "raised_at": now,
            "last_at": now,
        },
    )
    if new:
        notices.tell_alarm(alarm, now=now)
    return alarm


def _same(
    kind: AlarmKind, user: User | None, about: str, now: dt.datetime
) -> AccessAlarm | None:
    """Return the alarm of this span that more is added to, locked; None if there is none."""
    same = AccessAlarm.objects.select_for_update().filter(
        user=user, kind=kind, about=about, last_at__gt=now - SPANS[kind],
        raised_at__gt=now - DAY,
    )  # fmt: skip
    if kind == AlarmKind.BLOCKED:
        same = same.filter(lifted_at=None)
    return same.order_by("-last_at").first()


@transaction.atomic
def acknowledge(
    *, alarm: AccessAlarm, word: str, by: User, now: dt.datetime
) -> AccessAlarm:
    """Say what came of an alarm. Nobody acknowledges one about themselves."""
    alarm = AccessAlarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    _not_own(alarm, by)
    if alarm.seen_at is not None:
        raise RuleError(_("Somebody has acknowledged this alarm already."))
    alarm.word, alarm.seen_by, alarm.seen_at = word, by, now
    alarm.save(update_fields=["word", "seen_by", "seen_at"])
    return alarm


@transaction.atomic
def lift(*, alarm: AccessAlarm, by: User, now: dt.datetime) -> AccessAlarm:
    """Let a person reveal again; the counting begins anew."""
    alarm = AccessAlarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    _not_own(alarm, by)
    if alarm.kind != AlarmKind.BLOCKED or alarm.lifted_at is not None:
        raise RuleError(_("There is nothing to lift here."))
    alarm.lifted_by, alarm.lifted_at = by, now
    alarm.save(update_fields=["lifted_by", "lifted_at"])
    return alarm


def _not_own(alarm: AccessAlarm, by: User) -> None:
    if alarm.user_id == by.pk:
        raise RuleError(_("This alarm is about you: another officer decides it."))


def _is_night(hour: int, limits: RevealLimits) -> bool:
    return hour in limits.night_hours()
