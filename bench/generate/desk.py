"""One whole desk of a given size: staff, customers, tickets and what hangs on them."""

import datetime as dt
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from psycopg2.extras import execute_values

from bench.generate import customers, hands, people, search
from bench.generate.hours import hours
from bench.generate.tables import Stripped, tables_there
from bench.generate.words import POOL, SENTENCE, SUBJECT, pool
from servicedesk.staff.models import Team, User
from tickets.models import Category, ServiceLevelVersion

SQL = Path(__file__).parent / "sql"
OWN = 80
# What tickets are about, of a hundred, the most common first.
ABOUT = {"order": 29, "refund": 20, "technical": 17, "question": 13, "account": 8,
         "repair": 6, "complaint": 5, "suggestion": 2}  # fmt: skip
SLOTS = 1000


def fill(size: int, number: int, *, now: dt.datetime, seed: int) -> None:
    """Fill an empty, migrated database with `size` tickets of `number` customers."""
    people.hire(now=now)
    with hands.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench")
        with Stripped(cursor):
            with _told("customers"):
                customers.fill(cursor, number, now=now, seed=seed)
            with _told("texts"):
                _texts(cursor, seed)
            _tickets(cursor, size, number, now, seed)
            began = time.perf_counter()
        _tell("indexes and foreign keys", began)
        cursor.execute("DROP SCHEMA bench CASCADE")
        with _told("vacuum"):
            # As autovacuum would have, long ago.
            hands.together([partial(_vacuum, table) for table in tables_there()])
            cursor.execute("ANALYZE")


def _vacuum(table: str, cursor: Any) -> None:
    cursor.execute(f"VACUUM (ANALYZE) {table}")


def _tickets(cursor: Any, size: int, number: int, now: dt.datetime, seed: int) -> None:
    measured = User.objects.get(username=people.MEASURED)
    _agents(cursor, measured)
    _levels(cursor)
    cursor.execute(
        "CREATE TABLE bench.hours (first int, number int, begins timestamptz, "
        "seconds float8)"
    )
    whole = hours(size, now=now, seed=seed)
    execute_values(cursor, "INSERT INTO bench.hours VALUES %s", whole)
    given = {
        "size": size, "customers": number, "now": now, "seed": seed, "own": OWN,
        "measured": measured.pk, "categories": _slots(),
        "teams": list(Team.objects.order_by("pk").values_list("pk", flat=True)),
        "subjects": POOL[SUBJECT], "sentences": POOL[SENTENCE],
    }  # fmt: skip
    after = [["search"]] if search.there() else []
    for names in (["functions"], ["plan"], ["messages", "history", "tickets"], *after):
        jobs = [partial(_script, name, given) for name in names]
        with _told(", ".join(names)):
            hands.together(jobs)
    cursor.execute("SELECT setval('ticket_number_seq', %s)", [size + 1])


def _script(name: str, given: dict[str, Any], cursor: Any) -> None:
    cursor.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"), given)


def _slots() -> list[int]:
    keys = dict(Category.objects.values_list("slug", "pk"))
    whole = sum(ABOUT.values())
    return [
        keys[slug]
        for slug, share in ABOUT.items()
        for _each in range(share * SLOTS // whole)
    ]


def _agents(cursor: Any, measured: User) -> None:
    """Write down who works in which team, without the person who is measured."""
    cursor.execute(
        "CREATE UNLOGGED TABLE bench.agents (team_id bigint, ids int[], led boolean)"
    )
    for team in Team.objects.all():
        members = team.memberships.exclude(user=measured).order_by("user_id")
        ids = list(members.values_list("user_id", flat=True))
        led = team.memberships.filter(user=measured, lead=True).exists()
        cursor.execute(
            "INSERT INTO bench.agents VALUES (%s, %s, %s)", [team.pk, ids, led]
        )


def _levels(cursor: Any) -> None:
    """Write down what is promised on which channel."""
    cursor.execute(
        "CREATE UNLOGGED TABLE bench.levels (channel text, level_id bigint, calendar_id bigint, "
        "first_seconds int, whole_seconds int)"
    )
    for version in ServiceLevelVersion.objects.select_related("level").filter(
        level__slug__in=["web", "email", "phone", "chat"]
    ):
        cursor.execute(
            "INSERT INTO bench.levels SELECT %s, %s, min(id), %s, %s FROM core_calendarversion "
            "WHERE calendar_id = %s",
            [version.level.slug, version.pk, version.rule["first_response"],
             version.rule["resolution"], version.rule["calendar_id"]],
        )  # fmt: skip


def _texts(cursor: Any, seed: int) -> None:
    cursor.execute(
        "CREATE UNLOGGED TABLE bench.pool (language text, kind text, place int, "
        "body text, vector tsvector)"
    )
    searched = search.there()
    lines = "".join(
        f"{language}\t{kind}\t{place}\t{text}\t"
        f"{search.vector_of(kind, text) if searched else chr(92) + 'N'}\n"
        for language, kind, place, text in pool(seed)
    )
    cursor.copy_expert("COPY bench.pool FROM STDIN", io.StringIO(lines))
    cursor.execute("ANALYZE bench.pool")


@contextmanager
def _told(name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    _tell(name, began)


def _tell(name: str, began: float) -> None:
    print(f"  {name}: {time.perf_counter() - began:.1f} s", flush=True)
