"""Let a query run so long and no longer, and tell the planner what it cannot know."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2.errors import QueryCanceled

_LIMIT, _BITMAPS = "statement_timeout", "enable_bitmapscan"
# Not worth it for what is short: they have to be started first.
_HELPERS = "max_parallel_workers_per_gather"


class TooMuchError(Exception):
    """The database did not finish in time: there is too much to look through."""


@contextlib.contextmanager
def at_most(milliseconds: int) -> Iterator[None]:
    """Have each query inside end after so many milliseconds.

    Raises TooMuchError for the one that did not. The limit travels with the query, so
    it costs none of its own, and ends with the transaction.
    """
    inside = connection.in_atomic_block
    try:
        with transaction.atomic():
            with _having(_LIMIT, f"{milliseconds:d}"):
                yield
            if inside:
                _as_before()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMuchError from error
        raise


@contextlib.contextmanager
def in_order(*, wanted: bool) -> Iterator[None]:
    """Have queries inside follow an ordered index if `wanted`, else as is cheapest.

    Use it inside `at_most`, for what is bounded by its order.
    """
    bitmaps, helpers = ("off", "0") if wanted else ("DEFAULT", "DEFAULT")
    with _having(_BITMAPS, bitmaps), _having(_HELPERS, helpers):
        yield


@contextlib.contextmanager
def _having(name: str, value: str) -> Iterator[None]:
    def prefix(execute: Callable[..., Any], sql: str, *given: Any) -> Any:
        return execute(f"SET LOCAL {name} = {value}; {sql}", *given)

    with connection.execute_wrapper(prefix):
        yield


def _as_before() -> None:
    names = (_LIMIT, _BITMAPS, _HELPERS)
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in names))
