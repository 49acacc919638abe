"""Measure the pages of customers at 200,000 of them: list, search, record, who calls."""

import argparse
import itertools
import os
import statistics
import urllib.parse
from collections.abc import Callable
from typing import Any

import psycopg2
import redis

from bench import databases
from bench.browser import Answer, Browser
from bench.table import rank
from bench.web import Web, facts, prepare

FIRST_NUMBER = 10_000_000
POP_BAR = 50.0
"""Milliseconds in which whoever answers the phone has to see who is calling."""
LIMITS = "*limit:customers-search*"
Act = Callable[[Browser], Answer]


def main() -> int:
    """Fill a desk with customers, ask its pages in turn, and print what they took."""
    words = argparse.ArgumentParser(prog="desk.py bench customers", description=__doc__)
    words.add_argument("--customers", type=int, default=200_000)
    words.add_argument("--tickets", type=int, default=20_000)
    words.add_argument("--rounds", type=int, default=30)
    asked = words.parse_args()
    prepare()
    address = databases.ready(asked.tickets, asked.customers)
    known = facts(address)
    acts = _acts(asked.customers, _busiest(address))
    found: dict[str, list[Answer]] = {name: [] for name in acts}
    with Web(address, "bench-customers") as web:
        browser = Browser(web.port, known["cookie"], known["sessions"][0])
        for turn in range(asked.rounds + 2):
            _forget_limits()
            for name, act in acts.items():
                answer = act(browser)
                if turn > 1:
                    found[name].append(answer)
        browser.close()
    return _show(asked.customers, found)


def _acts(customers: int, busiest: int) -> dict[str, Act]:
    """Return what is done each round, each time with another customer."""
    places = itertools.cycle(range(0, customers, max(1, customers // 997)))

    def phone() -> str:
        return f"139{next(places):08}"

    def number() -> int:
        return FIRST_NUMBER + next(places)

    def search(words: Callable[[], str]) -> Act:
        return lambda browser: browser.post_and_follow(
            "/customers/search/", words=words()
        )

    return {
        "list": lambda browser: browser.get("/customers/"),
        "list, one city": lambda browser: browser.get(
            f"/customers/?city={urllib.parse.quote('西安')}"
        ),
        "list, a city without any": lambda browser: browser.get(
            f"/customers/?city={urllib.parse.quote('无')}"
        ),
        "list, one kind": lambda browser: browser.get("/customers/?kind=partner"),
        "list, to be confirmed": lambda browser: browser.get(
            "/customers/?quality=stale"
        ),
        "list, no contact": lambda browser: browser.get(
            "/customers/?quality=incomplete"
        ),
        "duplicates": lambda browser: browser.get("/customers/duplicates/"),
        "who calls": lambda browser: browser.post(
            "/customers/pop/", htmx=True, number=phone()
        ),
        "who calls, unknown": lambda browser: browser.post(
            "/customers/pop/", htmx=True, number="13700000000"
        ),
        "search by phone": search(phone),
        "search by name": search(lambda: "王伟"),
        "search by four digits": search(lambda: f"{next(places) % 10_000:04} 上海"),
        "search, nobody": search(lambda: "诸葛无此人"),
        "record": lambda browser: browser.get(f"/customers/{number()}/"),
        "record, the busiest": lambda browser: browser.get(f"/customers/{busiest}/"),
        "timeline": lambda browser: browser.get(f"/customers/{number()}/timeline/"),
        "timeline, the busiest": lambda browser: browser.get(
            f"/customers/{busiest}/timeline/"
        ),
        "change form": lambda browser: browser.get(f"/customers/{number()}/edit/"),
    }


def _busiest(address: str) -> int:
    """Return the number of the customer with most tickets."""
    with psycopg2.connect(address) as line, line.cursor() as cursor:
        cursor.execute(
            "SELECT number FROM customers_customer WHERE id = (SELECT customer_id "
            "FROM tickets_ticket GROUP BY customer_id ORDER BY count(*) DESC LIMIT 1)"
        )
        return int(cursor.fetchone()[0])


def _forget_limits() -> None:
    """Nobody searches so much; here it is one person who does."""
    line: Any = redis.Redis.from_url(os.environ["REDIS_URL"])
    for key in line.scan_iter(LIMITS):
        line.delete(key)


def _show(customers: int, found: dict[str, list[Answer]]) -> int:
    print(f"\nAt {customers:,} customers, milliseconds:\n")
    print(f"{'':28}{'p50':>8}{'p95':>8}{'most':>8}{'inside':>9}{'db':>8}{'queries':>9}")
    for name, answers in found.items():
        took = [each.took for each in answers]
        inside, database, queries = (
            statistics.median(each.cost.get(cost, 0) for each in answers)
            for cost in ("inside", "database", "queries")
        )
        print(
            f"{name:28}{rank(took, 50):8}{rank(took, 95):8}{max(took):8.1f}"
            f"{inside:9.1f}{database:8.1f}{int(queries):9}"
        )
    late = rank((each.took for each in found["who calls"]), 95)
    if late > POP_BAR:
        print(f"BAR MISSED  who calls: {late} ms, allowed {POP_BAR}")
        return 1
    return 0
