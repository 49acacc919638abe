"""A connection to the database apart from the pages' own, which nobody waits for long."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import psycopg2
from django.db import DEFAULT_DB_ALIAS, connections

PATIENCE: Final = 2  # seconds for each answer of the server


@contextlib.contextmanager
def own_line(about: str) -> Iterator[Any]:
    """Give a cursor of a new connection; every statement is a transaction.

    `about` is its name in `pg_stat_activity`. Raises psycopg2.Error where the server
    does not answer in time.
    """
    asked: dict[str, Any] = connections[DEFAULT_DB_ALIAS].get_connection_params()
    asked |= {
        "connect_timeout": PATIENCE,
        "tcp_user_timeout": PATIENCE * 1000,
        "application_name": f"servicedesk {about}",
    }
    asked.pop("cursor_factory", None)
    with contextlib.closing(psycopg2.connect(**asked)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            # Said here and not at the start: PgBouncer refuses unknown start parameters.
            cursor.execute("SET statement_timeout = %s", [PATIENCE * 1000])
            yield cursor
