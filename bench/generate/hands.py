"""Several connections that work at the same time: PostgreSQL writes with one core each."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
from django.db import connection

HANDS = 2
SETTINGS = (
    "maintenance_work_mem = '512MB'",
    "work_mem = '256MB'",
    "synchronous_commit = off",
)
Job = Callable[[Any], None]


def together(jobs: Sequence[Job]) -> None:
    """Do each job with a cursor of its own, two at a time; the first error is raised."""
    with ThreadPoolExecutor(HANDS) as hands:
        for done in [hands.submit(_do, job) for job in jobs]:
            done.result()


def _do(job: Job) -> None:
    with cursor() as own:
        job(own)


@contextlib.contextmanager
def cursor() -> Iterator[Any]:
    """Give a cursor of a new connection that commits each statement by itself."""
    params = connection.get_connection_params()
    params.pop("cursor_factory", None)
    params.pop("context", None)
    with contextlib.closing(psycopg2.connect(**params)) as own:
        own.autocommit = True
        with own.cursor() as found:
            for setting in SETTINGS:
                found.execute(f"SET {setting}")
            yield found
