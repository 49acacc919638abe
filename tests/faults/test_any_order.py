"""`kill -9` of web, worker, beat, Valkey and PostgreSQL in any order, while people work.

What was acknowledged is counted against what is stored. KILL_SEED in the environment
gives other orders than the ones of every day.
"""

import os
import random
import time
from collections import Counter

import pytest

from tests.faults.mortal import (
    MortalDesk,
    Somebody,
    answers,
    kill_in_some_order,
    messages,
    own_servers,
    replies,
    requests,
)

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.xdist_group("mortal desk"),
]
SEED = int(os.environ.get("KILL_SEED", "20"))
ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
CROWD = {"requests": (requests, 2), "replies": (replies, 1), "messages": (messages, 1)}


@pytest.fixture(scope="module")
def after():
    """Let people work while everything dies several times; give what they were told."""
    with own_servers() as servers, MortalDesk(*servers) as desk:
        facts = desk.populate()
        desk.begin()
        crowd = {
            name: [
                Somebody(desk, facts["session"], forms(facts)) for _ in range(number)
            ]
            for name, (forms, number) in (CROWD | {"answers": (answers, 1)}).items()
        }
        everybody = [one for some in crowd.values() for one in some]
        for one in everybody:
            one.start()
        rng = random.Random(SEED)
        for _ in range(ROUNDS):
            kill_in_some_order(desk, rng)
            wait_until_served(desk, everybody)
        for one in everybody:
            one.stopping.set()
        for one in everybody:
            one.join(120)
        desk.crowd = crowd
        desk.acknowledged = {
            name: [mark for one in some for mark in one.acknowledged]
            for name, some in crowd.items()
        }
        yield desk


def wait_until_served(desk, everybody):
    """Wait until everybody got something through since everything is up again."""
    before = {one: len(one.acknowledged) for one in everybody if one.is_alive()}
    deadline = time.monotonic() + 90
    while any(
        len(one.acknowledged) == count and one.is_alive()
        for one, count in before.items()
    ):
        desk.supervise()
        assert time.monotonic() < deadline, desk.told()
        time.sleep(0.1)


def test_everybody_was_served_in_the_end_and_refused_nothing(after):
    refused = [
        each for some in after.crowd.values() for one in some for each in one.refused
    ]
    assert not refused, f"{refused[:3]}\n{after.told()}"
    assert all(len(marks) >= 3 for marks in after.acknowledged.values())
    failures = sum(one.failures for some in after.crowd.values() for one in some)
    assert failures > 0, "nobody noticed that everything was killed"


def test_no_request_that_was_acknowledged_is_lost_or_doubled(after):
    stored = after.ask(
        "SELECT subject, count(*) FROM tickets_ticket WHERE subject LIKE 'killed %%' "
        "GROUP BY 1"
    )
    assert dict(stored) == dict.fromkeys(after.acknowledged["requests"], 1)
    for table, kind in (("letter", "received"), ("event", "created"), ("message", "")):
        name = "tickets_ticketevent" if table == "event" else f"tickets_{table}"
        which = "AND kind = %s" if kind else ""
        rows = after.ask(
            f"SELECT t.subject, count(*) FROM {name} r JOIN tickets_ticket t ON "
            f"t.id = r.ticket_id WHERE t.subject LIKE 'killed %%' "
            f"{which.replace('kind', 'r.kind')} GROUP BY 1",
            *filter(None, [kind]),
        )
        assert dict(rows) == dict.fromkeys(after.acknowledged["requests"], 1), table


def test_no_message_is_lost_or_doubled(after):
    told = after.acknowledged["replies"] + after.acknowledged["messages"]
    stored = after.ask(
        "SELECT client_key::text, count(*) FROM tickets_message "
        "WHERE client_key IS NOT NULL AND body LIKE ANY (ARRAY['您好%%', '补充%%']) "
        "GROUP BY 1"
    )
    assert dict(stored) == dict.fromkeys(told, 1)
    [[letters]] = after.ask("SELECT count(*) FROM tickets_letter WHERE kind = 'reply'")
    assert letters == len(after.acknowledged["replies"])


def test_no_answer_to_a_follow_up_is_lost_or_doubled(after):
    told = set(after.acknowledged["answers"])
    stored = after.ask(
        "SELECT ticket_id::text, stage, outcome FROM tickets_followup "
        "WHERE stage = 'done'"
    )
    assert {ticket for ticket, *_rest in stored} == told
    assert {(stage, outcome) for _t, stage, outcome in stored} == {
        ("done", "satisfied")
    }
    closed = after.ask(
        "SELECT ticket_id::text, count(*) FROM tickets_ticketevent "
        "WHERE kind = 'closed' GROUP BY 1"
    )
    assert dict(closed) == dict.fromkeys(told, 1)


def test_what_was_done_is_in_the_audit_log_and_the_log_is_whole(after):
    made = after.ask(
        "SELECT t.subject, count(*) FROM tickets_ticket t JOIN audit_logentry e ON "
        "e.object_pk = t.id::text AND e.action = 0 "
        "WHERE t.subject LIKE 'killed %%' GROUP BY 1"
    )
    assert dict(made) == dict.fromkeys(after.acknowledged["requests"], 1)
    ended = after.ask(
        "SELECT DISTINCT f.ticket_id::text FROM tickets_followup f JOIN audit_logentry e "
        "ON e.object_pk = f.id::text AND e.action = 1 WHERE f.stage = 'done'"
    )
    assert {ticket for (ticket,) in ended} == set(after.acknowledged["answers"])
    after.manage("verify_audit")


def test_what_is_owed_is_done_and_nobody_gets_a_letter_twice(after):
    def owed():
        return after.ask(
            "SELECT count(*) FROM tickets_letter WHERE state = 'due' AND due_at <= now()"
        )[0][0]

    # Of a letter whose sender was killed nobody knows; it shows as such in ten minutes.
    after.ask(
        "UPDATE tickets_letter SET taken_at = taken_at - interval '11 minutes' "
        "WHERE state = 'sending'"
    )
    deadline = time.monotonic() + 90
    while owed():
        after.supervise()
        assert time.monotonic() < deadline, after.told()
        time.sleep(0.2)
    times = Counter(letter["Message-ID"] for letter in after.mail.letters)
    assert set(times.values()) <= {1}
