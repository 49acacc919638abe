import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.staff import tasks
from servicedesk.staff.actions.presence import set_capacity, set_presence, sweep, touch
from servicedesk.staff.models import Presence, PresenceState
from tests.staff.conftest import NOON

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def state(user):
    return Presence.objects.get(user=user).state


def test_a_person_says_that_they_are_busy(client, person):
    qian = person("Qian Duo")
    client.force_login(qian)

    client.post(reverse("staff:presence"), {"state": "busy"})

    assert state(qian) == PresenceState.BUSY
    assert client.post(reverse("staff:presence"), {"state": "?"}).status_code == 400


@pytest.mark.parametrize("chosen", [PresenceState.ONLINE, PresenceState.BUSY])
def test_silence_of_five_minutes_is_away_and_of_thirty_offline(person, chosen):
    qian = person("Qian Duo")
    set_presence(user=qian, state=chosen, now=NOON)

    assert sweep(now=NOON + 4 * MINUTE) == 0
    assert sweep(now=NOON + 5 * MINUTE) == 1
    assert state(qian) == PresenceState.AWAY
    assert sweep(now=NOON + 6 * MINUTE) == 0
    sweep(now=NOON + 30 * MINUTE)
    assert state(qian) == PresenceState.OFFLINE


@pytest.mark.parametrize("silent", [6, 45])
def test_who_fell_silent_is_online_at_the_next_word(person, silent):
    qian = person("Qian Duo")
    set_presence(user=qian, state=PresenceState.ONLINE, now=NOON)
    sweep(now=NOON + silent * MINUTE)

    touch(user=qian, now=NOON + (silent + 1) * MINUTE)

    assert state(qian) == PresenceState.ONLINE


@pytest.mark.parametrize("chosen", list(PresenceState))
def test_what_a_person_chose_stays_while_they_are_seen(person, chosen):
    qian = person("Qian Duo")
    set_presence(user=qian, state=chosen, now=NOON)

    touch(user=qian, now=NOON + MINUTE)

    assert state(qian) == chosen


def test_signing_out_of_one_browser_leaves_who_works_in_another(
    client, person, sign_in
):
    qian = person("Qian Duo")
    desk = type(client)()
    desk.force_login(qian)
    sign_in(qian)

    client.post(reverse("account_logout"))
    assert state(qian) == PresenceState.OFFLINE
    touch(user=qian, now=timezone.now())

    assert state(qian) == PresenceState.ONLINE


def test_a_person_never_seen_before_gets_a_row_with_the_usual_capacity(person):
    new = person("Yu Xin")

    touch(user=new, now=NOON)

    found = Presence.objects.get(user=new)
    assert (found.state, found.ticket_capacity) == (PresenceState.ONLINE, 25)


def test_capacity_says_nothing_about_presence(person):
    new = person("Yu Xin")

    set_capacity(user=new, tickets=5, chats=1, now=NOON)

    found = Presence.objects.get(user=new)
    assert (found.state, found.ticket_capacity) == (PresenceState.OFFLINE, 5)


def test_a_new_capacity_is_in_the_audit_log_and_the_same_again_is_not(person):
    new = person("Yu Xin")
    set_capacity(user=new, tickets=5, chats=3, now=NOON)
    set_capacity(user=new, tickets=5, chats=3, now=NOON)

    entries = LogEntry.objects.filter(content_type__model="presence")
    assert [(each.object_repr, each.changes) for each in entries] == [
        ("Yu Xin", {"ticket_capacity": ["25", "5"]})
    ]
    assert entries[0].object_pk == str(new.pk)


def test_the_task_sweeps_by_the_clock(person):
    qian = person("Qian Duo")
    set_presence(
        user=qian, state=PresenceState.ONLINE, now=timezone.now() - 10 * MINUTE
    )

    assert tasks.sweep_presence.run() == 1
    assert tasks.sweep_presence.run() == 0
    assert state(qian) == PresenceState.AWAY
