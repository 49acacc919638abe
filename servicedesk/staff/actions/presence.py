"""Say who is there: chosen by the person, and taken back when they fall silent."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from servicedesk.staff.models import Presence, PresenceState, User
from servicedesk.staff.signals import capacity_set

SILENT_IS_AWAY: Final = dt.timedelta(minutes=5)
SILENT_IS_OFFLINE: Final = dt.timedelta(minutes=30)


@transaction.atomic
def set_presence(*, user: User, state: PresenceState, now: dt.datetime) -> Presence:
    """Record the state that the person chose, or that signing in or out means."""
    presence, created = Presence.objects.select_for_update().get_or_create(
        user=user, defaults={"state": state, "changed_at": now, "seen_at": now}
    )
    if not created:
        presence.state = state
        presence.changed_at = now
        presence.seen_at = now
        presence.save(update_fields=["state", "changed_at", "seen_at"])
    return presence


@transaction.atomic
def sign_off(*, user: User, now: dt.datetime) -> None:
    """Set the person offline until one of their browsers is heard from again.

    They may be signed in elsewhere: that browser's next word brings them back.
    """
    Presence.objects.filter(user=user).update(
        state=PresenceState.OFFLINE,
        changed_at=now,
        seen_at=now - dt.timedelta(seconds=1),
    )


@transaction.atomic
def touch(*, user: User, now: dt.datetime) -> None:
    """Record that the person's browser was heard from, in one update.

    Who was set away by silence is online again. Who chose to be away stays so: a
    choice is made while being seen, silence is noticed after (changed > seen).
    """
    fell_silent = Q(
        changed_at__gt=F("seen_at"),
        state__in=[PresenceState.AWAY, PresenceState.OFFLINE],
    )
    seen = Presence.objects.filter(user=user).update(
        state=Case(
            When(fell_silent, then=Value(PresenceState.ONLINE)), default="state"
        ),
        changed_at=Case(When(fell_silent, then=Value(now)), default="changed_at"),
        seen_at=now,
    )
    if not seen:
        set_presence(user=user, state=PresenceState.ONLINE, now=now)


@transaction.atomic
def sweep(*, now: dt.datetime) -> int:
    """Set away who was silent for five minutes, offline who was for thirty.

    Returns how many were changed. A second sweep at the same time changes nothing.
    """
    gone = (
        Presence.objects.filter(seen_at__lte=now - SILENT_IS_OFFLINE)
        .exclude(state=PresenceState.OFFLINE)
        .update(state=PresenceState.OFFLINE, changed_at=now)
    )
    away = Presence.objects.filter(
        seen_at__lte=now - SILENT_IS_AWAY,
        state__in=[PresenceState.ONLINE, PresenceState.BUSY],
    ).update(state=PresenceState.AWAY, changed_at=now)
    return gone + away


@transaction.atomic
def set_capacity(*, user: User, tickets: int, chats: int, now: dt.datetime) -> Presence:
    """Set how many open tickets and chats the person can have at once."""
    presence, _created = Presence.objects.select_for_update().get_or_create(
        user=user, defaults={"changed_at": now, "seen_at": now}
    )
    before = (presence.ticket_capacity, presence.chat_capacity)
    presence.ticket_capacity = tickets
    presence.chat_capacity = chats
    presence.save(update_fields=["ticket_capacity", "chat_capacity"])
    if before != (tickets, chats):
        capacity_set.send(Presence, presence=presence, before=before, now=now)
    return presence
