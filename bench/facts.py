"""What a measuring browser has to know of a filled desk, and what its queries cost alone.

A process of its own, because Django knows one database: it prints JSON.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402  # after setup
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from bench import floor  # noqa: E402
from bench.generate.people import MEASURED  # noqa: E402
from servicedesk.staff.models import User  # noqa: E402
from tickets.models import Category, Ticket  # noqa: E402

SESSIONS = 10
ROUNDS = 100


def main() -> None:
    """Print sessions of who is measured, ticket numbers, and the times of the queries."""
    person = User.objects.get(username=MEASURED)
    mine = Ticket.objects.active().filter(assignee=person).order_by("number")
    facts = {
        "sessions": [_session(person) for _each in range(SESSIONS)],
        "cookie": settings.SESSION_COOKIE_NAME,
        "numbers": list(mine.values_list("number", flat=True)[:80]),
        "category": Category.objects.get(slug="question").pk,
        "tickets": Ticket.objects.count(),
        "search": _search(),
        "orm": _median(lambda: list(floor.my_open(person))),
        "sql": _median(_plain(person)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        facts["postgresql"] = cursor.fetchone()[0]
        cursor.execute("SELECT pg_database_size(current_database())")
        facts["bytes"] = cursor.fetchone()[0]
    json.dump(facts, sys.stdout)


def _session(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _search() -> str:
    for name in ("tickets:search", "search"):
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _plain(person: User) -> Callable[[], Any]:
    """Return the query of the floor page as psycopg2 alone asks it."""
    statement, values = floor.my_open(person).query.sql_with_params()
    connection.ensure_connection()
    bare = connection.connection.cursor()

    def ask() -> Any:
        bare.execute(statement, values)
        return bare.fetchall()

    return ask


def _median(act: Callable[[], Any]) -> float:
    took = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took), 3)


if __name__ == "__main__":
    main()
