"""What the page System health shows: who runs, what waits, how much room there is."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import redis
from django.conf import settings
from django.db import connection

from servicedesk.core.models import Heartbeat, HeartKind, Job, Sweep
from servicedesk.core.operations.checks import (
    BEAT_SILENT,
    FAILED_OFTEN,
    TICK_LATE,
    broker_line,
    latest,
    least,
    queues,
    rooms,
)
from servicedesk.core.operations.sweeps import timetable

SHOWN: Final = dt.timedelta(hours=1)
_PROCESSES: Final = (HeartKind.WEB, HeartKind.WORKER, HeartKind.BEAT)
_FACTS: Final = """
SELECT clock_timestamp(), pg_database_size(current_database()),
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
  current_setting('max_connections')::int, current_setting('server_version'),
  (SELECT max(applied) FROM django_migrations)
"""


@dataclass(frozen=True)
class Process:
    """A process that was heard of within the hour."""

    beat: Heartbeat
    silent: bool
    other_version: bool


@dataclass(frozen=True)
class QueueLine:
    """A queue: how much waits in the broker, and when something was last taken."""

    name: str
    waiting: int | None
    taken_at: dt.datetime | None
    waited: float
    late: bool


@dataclass(frozen=True)
class SweepLine:
    """A sweep of the timetable; `row` is None before the first tick of a new desk."""

    name: str
    every: float
    row: Sweep | None
    late: bool
    failing: bool


@dataclass(frozen=True)
class Room:
    """A place that is written to, in bytes."""

    name: str
    total: int
    free: int

    @property
    def used(self) -> int:
        return self.total - self.free

    @property
    def low(self) -> bool:
        return self.free < least(self.total)


@dataclass(frozen=True)
class Facts:
    """What the servers say of themselves; None where the broker does not answer."""

    at: dt.datetime
    database_bytes: int
    connections: int
    most_connections: int
    postgres: str
    migrated_at: dt.datetime
    broker_bytes: int | None
    broker_version: str


def processes(at: dt.datetime) -> list[Process]:
    """Return all that were heard of within the hour, by kind and name."""
    order = {kind.value: place for place, kind in enumerate(_PROCESSES)}
    rows = Heartbeat.objects.filter(kind__in=order, at__gt=at - SHOWN)
    silent = dt.timedelta(seconds=BEAT_SILENT)
    return [
        Process(row, row.at < at - silent, row.version != settings.VERSION)
        for row in sorted(rows, key=lambda row: (order[row.kind], row.name))
    ]


def queue_lines(at: dt.datetime) -> list[QueueLine]:
    """Return every queue, with what the broker says waits in it."""
    taken = {row.name: row for row in Heartbeat.objects.filter(kind=HeartKind.QUEUE)}
    waiting = depths()
    late = dt.timedelta(seconds=TICK_LATE)
    found = []
    for name in queues():
        row = taken.get(name)
        found.append(
            QueueLine(
                name,
                waiting.get(name),
                row.at if row else None,
                max(0.0, (row.at - row.since).total_seconds()) if row else 0.0,
                row is None or row.at < at - late,
            )
        )
    return found


def depths() -> dict[str, int]:
    """Return how many messages wait in each queue; nothing if nobody answers."""
    names = queues()
    try:
        with broker_line() as server, server.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.llen(name)
            return dict(zip(names, pipe.execute(), strict=True))
    except (redis.RedisError, OSError):
        return {}


def sweep_lines(at: dt.datetime) -> list[SweepLine]:
    """Return every sweep of the timetable, those in trouble first."""
    rows = Sweep.objects.in_bulk()
    found = [
        _sweep(name, every, rows.get(name), at) for name, every in timetable().items()
    ]
    return sorted(found, key=lambda line: (not (line.late or line.failing), line.name))


def _sweep(name: str, every: float, row: Sweep | None, at: dt.datetime) -> SweepLine:
    since = (row.done_at or row.since) if row else at
    late = at - since > dt.timedelta(seconds=latest(every))
    failing = row is not None and row.failures >= FAILED_OFTEN
    return SweepLine(name, every, row, late, failing)


def places() -> list[Room]:
    """Return every place that this process writes to."""
    return [Room(*each) for each in rooms()]


def facts() -> Facts:
    """Ask both servers about themselves."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS)
        at, size, used, most, version, migrated = cursor.fetchone()
    broker: dict[str, Any] = {}
    try:
        with broker_line() as server:
            broker = {**server.info("memory"), **server.info("server")}
    except (redis.RedisError, OSError):
        pass
    named = broker.get("valkey_version") or broker.get("redis_version", "")
    memory = broker.get("used_memory")
    return Facts(at, size, used, most, version, migrated, memory, str(named))


def jobs_under_way() -> int:
    """Return how many jobs wait or run."""
    return Job.objects.active().count()
