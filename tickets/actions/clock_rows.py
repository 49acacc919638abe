"""The rows of clocks and their intervals, written together in one statement each."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from tickets.models import ServiceClock

_INSERT = """
WITH made AS (
  INSERT INTO tickets_serviceclock (ticket_id, target, state, seconds, level_id,
    calendar_id, started_at, due_at, warn_at, team_id)
  SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::integer[], %s::bigint[],
    %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
  RETURNING id, target, state, started_at
), begun AS (
  INSERT INTO tickets_clockinterval (clock_id, state, start)
  SELECT id, state, started_at FROM made
)
SELECT target, id FROM made
"""
# Whoever ends intervals and begins others does so in two statements: an index sees to
# it that one interval is open, and looks at each statement by itself.
_CHANGE = """
WITH ended AS (
  -- The machine that ends it may be behind the one that began it.
  UPDATE tickets_clockinterval SET "end" = greatest(%(end)s::timestamptz, start)
  WHERE clock_id = ANY(%(keys)s) AND "end" IS NULL AND %(end)s IS NOT NULL
), begun AS (
  INSERT INTO tickets_clockinterval (clock_id, state, start)
  SELECT key, state, begin
  FROM unnest(%(keys)s::bigint[], %(states)s::text[], %(begins)s::timestamptz[])
    AS now(key, state, begin)
  WHERE begin IS NOT NULL
)
UPDATE tickets_serviceclock clock SET state = now.state, due_at = now.due_at,
  warn_at = now.warn_at, breached_at = now.breached_at, stopped_at = now.stopped_at,
  elapsed = now.elapsed, met_by_id = now.met_by_id, team_id = now.team_id
FROM unnest(%(keys)s::bigint[], %(states)s::text[], %(due_at)s::timestamptz[],
  %(warn_at)s::timestamptz[], %(breached_at)s::timestamptz[],
  %(stopped_at)s::timestamptz[], %(elapsed)s::float8[], %(met_by_id)s::bigint[],
  %(team_id)s::bigint[]) AS now(key, state, due_at, warn_at, breached_at, stopped_at,
  elapsed, met_by_id, team_id)
WHERE clock.id = now.key
"""
_CHANGED = (
    "due_at", "warn_at", "breached_at", "stopped_at", "elapsed", "met_by_id", "team_id",
)  # fmt: skip


def insert(made: Sequence[ServiceClock]) -> None:
    """Write clocks that run from their start, each with its first interval."""
    if not made:
        return
    columns = (
        "ticket_id", "target", "state", "seconds", "level_id", "calendar_id",
        "started_at", "due_at", "warn_at", "team_id",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [_column(made, name) for name in columns])
        keys = dict(cursor.fetchall())
    for clock in made:
        clock.pk = keys[str(clock.target)]
        clock._state.adding = False  # noqa: SLF001  # as a save would


def change(
    clocks: Sequence[ServiceClock],
    *,
    end: dt.datetime | None = None,
    begin: Sequence[dt.datetime] | None = None,
) -> None:
    """Write how clocks stand.

    `end` closes the interval that is open in each; `begin` tells for each when one in
    its present state begins, where none is open.
    """
    if not clocks:
        return
    given: dict[str, Any] = {
        "end": end,
        "begins": list(begin) if begin else [None] * len(clocks),
        "keys": [clock.pk for clock in clocks],
        "states": [str(clock.state) for clock in clocks],
    }
    given |= {name: [getattr(clock, name) for clock in clocks] for name in _CHANGED}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, given)


def _column(clocks: Sequence[ServiceClock], name: str) -> list[object]:
    values = (getattr(clock, name) for clock in clocks)
    as_text = name in {"ticket_id", "target", "state"}
    return [str(value) if as_text else value for value in values]
