"""Let 20,000 follow-ups be due at once, kill workers midway, and count what is lost.

Everything is real: the database, the broker, the workers, the mail server.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import time
import urllib.parse
from pathlib import Path
from typing import Any

import psycopg2
import redis

from bench import databases
from bench.post import Post
from bench.web import Process, prepare

QUEUES = ("celery", "letters")
BROKER = "/9"
PATIENCE = 1800
# Every second customer or so can be written to: so many tickets give enough.
SPARE = 2.0

MAKE_DUE = """
CREATE TEMP TABLE due AS SELECT ticket.id, ticket.team_id, ticket.assignee_id
  FROM tickets_ticket ticket JOIN tickets_ticketlink link ON link.ticket_id = ticket.id
  WHERE ticket.status = 'closed' ORDER BY ticket.number LIMIT %(number)s;
DELETE FROM tickets_letter;
DELETE FROM tickets_followup;
DELETE FROM tickets_ticketevent WHERE kind IN ('asked', 'closed') AND ticket_id IN (SELECT id FROM due);
UPDATE tickets_ticket SET status = 'resolved', closed_at = NULL, resolved_at = now() - interval '3 minutes'
  WHERE id IN (SELECT id FROM due);
INSERT INTO tickets_followup (id, ticket_id, resolved_at, team_id, owner_id, stage, next_at,
  due_at, tries, outcome, words)
SELECT uuidv7(), id, now() - interval '3 minutes', team_id, assignee_id, 'scheduled',
  now() - interval '1 minute', now() + interval '47 hours', 0, '', '' FROM due;
ANALYZE;
"""
STATE = """
SELECT (SELECT count(*) FROM tickets_followup WHERE stage = 'scheduled'),
  (SELECT count(*) FROM tickets_letter WHERE state IN ('due', 'sending')),
  (SELECT count(*) FROM tickets_letter WHERE state = 'due')
"""
CHECKS = {
    "follow-ups": "SELECT count(*) FROM tickets_followup",
    "asked": "SELECT count(*) FROM tickets_followup WHERE stage = 'asked' AND asked_at IS NOT NULL",
    "tickets asked more than once": "SELECT count(*) FROM (SELECT FROM tickets_ticketevent"
    " WHERE kind = 'asked' AND ticket_id IN (SELECT ticket_id FROM tickets_followup)"
    " GROUP BY ticket_id HAVING count(*) > 1) AS twice",
    "tickets with more than one letter": "SELECT count(*) FROM (SELECT FROM tickets_letter"
    " GROUP BY ticket_id HAVING count(*) > 1) AS twice",
    "tickets without a letter": "SELECT count(*) FROM tickets_followup WHERE NOT EXISTS"
    " (SELECT FROM tickets_letter WHERE tickets_letter.ticket_id = tickets_followup.ticket_id)",
}


def main() -> int:
    """Make them due, let the workers at it, kill two, and count everything."""
    words = argparse.ArgumentParser(
        prog="desk.py bench follow-ups", description=__doc__
    )
    words.add_argument("--number", type=int, default=20_000)
    words.add_argument("--json", type=Path)
    words.add_argument(
        "--strict", action="store_true", help="exit 1 when one is lost or doubled"
    )
    asked, _others = words.parse_known_args()
    prepare()
    address = databases.ready(int(asked.number * SPARE), name="bench_follow_ups")
    with Post() as post, _database(address) as cursor:
        cursor.execute(MAKE_DUE, {"number": asked.number})
        result = _run(address, post, cursor, asked.number)
        result |= _check(post, cursor)
    _show(asked.number, result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1))
    return 1 if asked.strict and not result["fine"] else 0


def _run(address: str, post: Post, cursor: Any, number: int) -> dict[str, Any]:
    """Let two workers of each kind work, and kill one of each midway."""
    broker = (
        urllib.parse.urlsplit(os.environ["REDIS_URL"])._replace(path=BROKER).geturl()
    )
    redis.Redis.from_url(broker).flushdb()
    more = {"REDIS_URL": broker, "SMTP_URL": f"smtp://127.0.0.1:{post.port}?tls=none"}
    kill = {"celery": int(number * 0.4), "letters": int(number * 0.4)}
    with contextlib.ExitStack() as stack:
        workers = {
            (queue, place): stack.enter_context(_worker(queue, place, address, more))
            for queue in QUEUES
            for place in (1, 2)
        }
        began = time.monotonic()
        stack.enter_context(_beat(address, more))
        asked_after = _until(cursor, post, workers, kill, number, began)
        took = post.last - began
    return {
        "asked after (s)": asked_after,
        "last letter after (s)": round(took, 1),
        "letters a second": round(post.number / took, 1),
    }


def _until(
    cursor: Any, post: Post, workers: dict[Any, Process], kill: dict[str, int], number: int,
    began: float,
) -> float:  # fmt: skip
    """Wait until nothing is due any more; kill at the given counts; seconds to ask all."""
    all_asked = 0.0
    while time.monotonic() - began < PATIENCE:
        cursor.execute(STATE)
        scheduled, waiting, due = cursor.fetchone()
        if not scheduled and not all_asked:
            all_asked = round(time.monotonic() - began, 1)
        done = {"celery": number - scheduled, "letters": post.number}
        for queue in [one for one, when in kill.items() if done[one] >= when]:
            del kill[queue]
            victim = _at_work(workers, queue)
            print(
                f"  {done[queue]:,} done by {queue}: one worker is killed", flush=True
            )
            victim.end(signal.SIGKILL)
        if all_asked and not due:
            if waiting:
                _skip_ten_minutes(cursor)
            else:
                return all_asked
        time.sleep(0.05 if kill else 0.5)
    raise SystemExit(
        f"Not finished after {PATIENCE} s: {scheduled} to ask, {waiting} to send"
    )


def _at_work(workers: dict[Any, Process], queue: str) -> Process:
    """Return the one of the two workers that has used more of the processor."""
    both = [workers[queue, place] for place in (1, 2)]
    return max(both, key=lambda one: one.processor())


def _skip_ten_minutes(cursor: Any) -> None:
    """Let a letter whose sender died be as old as the sweep wants it to be."""
    cursor.execute(
        "UPDATE tickets_letter SET taken_at = taken_at - interval '11 minutes' "
        "WHERE state = 'sending' AND taken_at < now() - interval '15 seconds'"
    )


def _worker(queue: str, place: int, address: str, more: dict[str, str]) -> Process:
    words = ["celery", "-A", "servicedesk", "worker", "--queues", queue]
    words += ["--hostname", f"{queue}{place}@bench", "--concurrency", "1"]
    words += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    return Process(words, address, f"bench-{queue}-{place}", **more)


def _beat(address: str, more: dict[str, str]) -> Process:
    schedule = (
        f"{os.environ.get('DATA_DIR', '.')}/run/bench-beat-{random.getrandbits(32):x}"
    )
    words = [
        "celery",
        "-A",
        "servicedesk",
        "beat",
        "--pidfile=",
        "--schedule",
        schedule,
    ]
    return Process(words, address, "bench-beat", **more)


@contextlib.contextmanager
def _database(address: str) -> Any:
    with contextlib.closing(psycopg2.connect(address)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            yield cursor


def _check(post: Post, cursor: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, query in CHECKS.items():
        cursor.execute(query)
        found[name] = cursor.fetchone()[0]
    cursor.execute("SELECT id::text, state FROM tickets_letter")
    states = dict(cursor.fetchall())
    for state in sorted(set(states.values())):
        found[f"letters {state}"] = sum(one == state for one in states.values())
    unsure = {key for key, state in states.items() if state == "unsure"}
    sent = {key for key, state in states.items() if state == "sent"}
    found["at the mail server"] = len(post.came)
    found["there more than once"] = sum(times > 1 for times in post.came.values())
    found["noted as sent but not there"] = len(sent - set(post.came))
    found["there but neither sent nor unsure"] = len(set(post.came) - sent - unsure)
    found["unsure and there"] = len(unsure & set(post.came))
    wrong = (
        "tickets asked more than once", "tickets with more than one letter",
        "tickets without a letter", "there more than once", "noted as sent but not there",
        "there but neither sent nor unsure",
    )  # fmt: skip
    found["fine"] = not any(found[name] for name in wrong) and found["asked"] == found[
        "follow-ups"
    ] == len(sent | unsure)
    return found


def _show(number: int, result: dict[str, Any]) -> None:
    print(
        f"\n{number:,} follow-ups due at once, one worker of each kind killed with -9:"
    )
    for name, value in result.items():
        print(f"  {name:36} {value}")


if __name__ == "__main__":
    raise SystemExit(main())
