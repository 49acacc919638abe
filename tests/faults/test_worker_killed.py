"""A worker that dies with -9 at every statement of its sweep: each duty once, none lost."""

from collections import Counter

import pytest

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.xdist_group("running desk"),
]
SEED = """
import datetime as dt
from django.utils.timezone import now
from customers.actions.identify import parse_contact
from servicedesk.staff.models import User
from tickets.actions.create import Request, create_ticket
from tickets.actions.resolve import resolve
from tickets.models import Category, Channel
user, moment = User.objects.get(username="wang"), now() - dt.timedelta(hours=1)
for n in range(24):
    ticket = create_ticket(request=Request(name="李强",
        contact=parse_contact(f"killed{n}@customer.example"),
        category=Category.objects.get(slug="question"), subject="killed", body="b",
        channel=Channel.WEB), by=None, now=moment, client_key=None)
    if n % 4 == 0:
        resolve(ticket=ticket, root_cause="a", solution="b", words="c", by=user,
            now=moment)
"""
OWE_PRESENCE = """
INSERT INTO staff_presence
  (user_id, state, changed_at, seen_at, ticket_capacity, chat_capacity)
SELECT id, 'online', now(), now() - interval '10 minutes', 5, 2 FROM staff_user
ON CONFLICT (user_id) DO UPDATE
  SET state = 'online', seen_at = now() - interval '10 minutes'
"""
OURS = "(SELECT id FROM tickets_ticket WHERE subject = 'killed')"


@pytest.fixture(scope="module")
def desk(running_desk):
    running_desk.stop()
    running_desk.mail.letters.clear()
    running_desk.ask("DELETE FROM tickets_letter")
    running_desk.manage("shell", "-c", SEED)
    return running_desk


def kinds_by_ticket(desk):
    rows = desk.ask(
        "SELECT ticket_id, kind, count(*) FROM tickets_ticketevent "
        f"WHERE ticket_id IN {OURS} GROUP BY 1, 2"
    )
    return {(ticket, kind): number for ticket, kind, number in rows}


def test_letters_are_sent_once_or_shown_as_unsure(desk):
    due = "SELECT count(*) FROM tickets_letter WHERE state = 'due'"
    every = desk.ask("SELECT count(*) FROM tickets_letter")[0][0]
    deaths = desk.kill_at_every_statement("tickets.sweep_letters", due)
    # Ten minutes later nobody can be at it any more.
    desk.ask(
        "UPDATE tickets_letter SET taken_at = taken_at - interval '11 minutes' "
        "WHERE state = 'sending'"
    )
    desk.kill_at_every_statement("tickets.sweep_letters", due)

    states = desk.ask("SELECT id::text, state FROM tickets_letter")
    arrived = Counter(
        letter["Message-ID"].strip("<").split(".")[0] for letter in desk.mail.letters
    )
    assert deaths >= 10
    assert len(states) == every
    assert {state for _letter, state in states} == {"sent", "unsure"}
    for letter, state in states:
        assert arrived[letter] == 1 if state == "sent" else arrived[letter] <= 1
    assert len(desk.mail.letters) == sum(arrived.values()) <= every


def test_follow_ups_are_asked_once(desk):
    scheduled = "SELECT count(*) FROM tickets_followup WHERE stage = 'scheduled'"
    deaths = desk.kill_at_every_statement("tickets.sweep_follow_ups", scheduled)
    assert deaths >= 15
    stages = desk.ask(
        f"SELECT stage, count(*) FROM tickets_followup WHERE ticket_id IN {OURS} "
        "GROUP BY 1"
    )
    assert stages == [("asked", 6)]
    asked = [n for (_t, kind), n in kinds_by_ticket(desk).items() if kind == "asked"]
    assert asked == [1] * 6
    letters = desk.ask(
        "SELECT count(*), count(DISTINCT ticket_id) FROM tickets_letter "
        "WHERE kind = 'resolved'"
    )
    assert letters == [(6, 6)]


def test_broken_promises_are_noted_once_and_go_up_once(desk):
    late = (
        "target = 'resolution' AND state = 'running' AND ticket_id IN "
        f"(SELECT id FROM tickets_ticket WHERE id IN {OURS} ORDER BY id LIMIT 12)"
    )
    (expected,) = desk.ask(
        f"WITH made AS (UPDATE tickets_serviceclock SET due_at = now() - "
        f"interval '1 minute' WHERE {late} RETURNING 1) SELECT count(*) FROM made"
    )[0]

    unnoted = (
        "SELECT count(*) FROM tickets_serviceclock WHERE state = 'running' "
        "AND breached_at IS NULL AND due_at < now()"
    )
    deaths = desk.kill_at_every_statement("tickets.sweep_clocks", unnoted)
    assert deaths >= 15
    kinds = kinds_by_ticket(desk)
    for kind in ("breached", "escalated"):
        assert [n for (_t, each), n in kinds.items() if each == kind] == [1] * expected


@pytest.mark.parametrize(
    ("task", "owe", "left"),
    [
        (
            "staff.sweep_presence",
            OWE_PRESENCE,
            "SELECT count(*) FROM staff_presence WHERE state = 'online'",
        ),
        (
            "core.purge_live_events",
            "UPDATE core_liveevent SET at = now() - interval '2 days'",
            "SELECT count(*) FROM core_liveevent",
        ),
    ],
)
def test_what_merely_tidies_up_comes_to_its_end(desk, task, owe, left):
    desk.ask(owe)
    assert desk.ask(left)[0][0] > 0
    assert desk.kill_at_every_statement(task, left) >= 2
