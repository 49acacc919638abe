"""Measure the pages at two sizes: `python3 desk.py bench --tickets 1000000`."""

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
django.setup()

from django.conf import settings  # noqa: E402  # after setup
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from bench import generate  # noqa: E402
from customers.models import Customer  # noqa: E402
from servicedesk.staff.actions.roles import set_roles  # noqa: E402
from servicedesk.staff.actions.team import add_member  # noqa: E402
from servicedesk.staff.models import Role, Team, User  # noqa: E402
from tickets.models import Category, Ticket  # noqa: E402

HOST = "localhost"


def main() -> int:
    """Fill, measure, print a table, and write JSON where asked."""
    words = argparse.ArgumentParser(prog="desk.py bench", description=__doc__)
    words.add_argument("--tickets", type=int, default=100_000)
    words.add_argument("--customers", type=int, default=0, help="default: tickets / 5")
    words.add_argument(
        "--small", type=int, default=10_000, help="the size to compare with"
    )
    words.add_argument("--rounds", type=int, default=30)
    words.add_argument("--json", type=Path)
    asked = words.parse_args()
    settings.ALLOWED_HOSTS.append(HOST)
    call_command("migrate", verbosity=0)
    person = people()
    results: dict[str, Any] = {}
    for size in sorted({min(asked.small, asked.tickets), asked.tickets}):
        fill(size, asked.customers or size // 5)
        results[str(size)] = measure(person, asked.rounds)
        show(size, results[str(size)])
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))
    return 0


def people() -> User:
    """Return a supervisor of the first team, with colleagues in every team."""
    teams = list(Team.objects.order_by("pk"))
    for number in range(12):
        user, created = User.objects.get_or_create(
            username=f"bench{number}", defaults={"display_name": f"Bench {number}"}
        )
        if created:
            role = Role.objects.get(key="supervisor" if number == 0 else "agent")
            set_roles(user=user, groups=[role.group])
            add_member(team=teams[number % len(teams)], user=user, lead=number == 0)
    return User.objects.get(username="bench0")


def fill(size: int, customers: int) -> None:
    """Bring the tables up to `size` tickets."""
    began = time.perf_counter()
    missing = customers - Customer.objects.count()
    if missing > 0:
        generate.customers(missing, now=now())
    middle = time.perf_counter()
    more = size - Ticket.objects.count()
    if more > 0:
        generate.tickets(more, now=now())
    print(
        f"\n{size:,} tickets, {customers:,} customers "
        f"(customers {middle - began:.0f} s, tickets {time.perf_counter() - middle:.0f} s)"
    )


def measure(person: User, rounds: int) -> dict[str, dict[str, float]]:
    """Return p50, p95 (milliseconds) and queries of each act."""
    client = Client(SERVER_NAME=HOST, headers={"host": HOST})
    client.force_login(person)
    mine = Ticket.objects.filter(team__memberships__user=person, status="open")
    numbers = list(mine.values_list("number", flat=True)[: rounds + 3])
    category = Category.objects.get(slug="question")
    each = iter(range(10**9))

    def ticket(name: str) -> str:
        return reverse(f"tickets:{name}", args=[numbers[next(each) % len(numbers)]])

    def create() -> Any:
        n = next(each)
        return client.post(
            reverse("tickets:new"),
            {
                "name": "陈静", "contact": f"139{time.time_ns() % 10**8:08d}", "language": "en",
                "channel": "phone", "phase": "after_sale", "category": category.pk,
                "severity": 3, "urgency": 3, "subject": f"bench {n}", "body": "text",
                "client_key": str(uuid.uuid4()),
            },
        )  # fmt: skip

    acts: dict[str, Callable[[], Any]] = {
        "floor: constant page": lambda: client.get("/help/"),
        "queue: mine": lambda: client.get("/inbox/?queue=mine"),
        "queue: unassigned": lambda: client.get("/inbox/?queue=open"),
        "queue: my teams": lambda: client.get("/inbox/?queue=team"),
        "queue: all": lambda: client.get("/inbox/?queue=all"),
        "queue: overdue": lambda: client.get("/inbox/?queue=late"),
        "ticket": lambda: client.get(ticket("ticket")),
        "home": lambda: client.get("/"),
        "follow-ups": lambda: client.get("/follow-ups/"),
        "supervisor": lambda: client.get("/desk/"),
        "create": create,
        "reply": lambda: client.post(ticket("reply"), {"body": "您好"}),
        "resolve": lambda: client.post(
            ticket("resolve"), {"words": "a", "root_cause": "b", "solution": "c"}
        ),
    }
    return {name: _time(act, rounds) for name, act in acts.items()}


def _time(act: Callable[[], Any], rounds: int) -> dict[str, float]:
    for _warm in range(2):
        act()
    with CaptureQueriesContext(connection) as queries:
        status = act().status_code
        asked = [float(one["time"]) for one in queries]
    took = []
    for _round in range(rounds):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "p50": round(statistics.median(took), 1),
        "p95": round(took[int(len(took) * 0.95) - 1], 1),
        "queries": len(asked),
        "database": round(sum(asked) * 1000, 1),
        "status": status,
    }


def show(size: int, results: dict[str, dict[str, float]]) -> None:
    """Print a table of one size."""
    print(
        f"{'at ' + format(size, ','):26} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8} {'db ms':>7}"
    )
    for name, each in results.items():
        print(
            f"{name:26} {each['p50']:8} {each['p95']:8} {each['queries']:8} "
            f"{each['database']:7}  {each['status']}"
        )


if __name__ == "__main__":
    sys.exit(main())
