"""The figures of the foundation, and the one who reads all that are registered."""

from collections.abc import Iterator
from typing import Any

import psycopg2
from celery import current_app
from prometheus_client.core import GaugeMetricFamily

from servicedesk.core.figures import Gauge, register_gauge, registered_gauges
from servicedesk.core.operations.checks import BEAT_SILENT, latest, rooms
from servicedesk.core.operations.status import depths
from servicedesk.core.operations.sweeps import timetable
from servicedesk.core.own_line import own_line

PREFIX = "servicedesk_"


class DatabaseCollector:
    """Asks the database, the broker and the disks whenever it is scraped."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Let the registry take us without asking anybody yet."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one family for each figure that could be read."""
        up = _family("database_up", "Whether the database answered this scrape.")
        failed = _family(
            "scrape_failures", "Figures that could not be read just now.", ("figure",)
        )
        try:
            with own_line("metrics") as cursor:
                for gauge in registered_gauges():
                    yield from _read(gauge, cursor, failed)
            up.add_metric([], 1)
        except psycopg2.Error:
            up.add_metric([], 0)
        yield up
        yield failed
        yield from _outside()


def _family(name: str, about: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}{name}", about, labels=labels)


def _read(
    gauge: Gauge, cursor: Any, failed: GaugeMetricFamily
) -> Iterator[GaugeMetricFamily]:
    try:
        cursor.execute(gauge.sql, gauge.values() or None)
        rows = cursor.fetchall()
    except psycopg2.Error:
        failed.add_metric([gauge.name], 1)
        return
    family = _family(gauge.name, gauge.about, gauge.labels)
    for *labels, number in rows:
        family.add_metric([str(label) for label in labels], float(number or 0))
    yield family


def _outside() -> Iterator[GaugeMetricFamily]:
    """Yield what does not come from the database."""
    waiting = _family("queue_depth", "Messages that wait in the broker.", ("queue",))
    for queue, number in depths().items():
        waiting.add_metric([queue], number)
    total = _family("disk_bytes", "Size of a place that is written to.", ("place",))
    free = _family("disk_free_bytes", "What of it is free.", ("place",))
    for name, size, left in rooms():
        total.add_metric([name], size)
        free.add_metric([name], left)
    limit = _family(
        "sweep_limit_seconds", "From this age on a sweep counts as late.", ("task",)
    )
    for task, every in timetable().items():
        limit.add_metric([task], latest(every))
    yield from (waiting, total, free, limit)


def register() -> None:
    """Register the foundation's own; twice is as good as once."""
    for gauge in _OWN:
        register_gauge(gauge)


def _known_sweeps() -> tuple[Any, ...]:
    return (list(timetable()),)


def _known_queues() -> tuple[Any, ...]:
    return ([queue.name for queue in current_app.conf.task_queues],)


def _silence() -> tuple[Any, ...]:
    return (BEAT_SILENT,)


_OWN = [
    Gauge(
        "processes",
        "Processes that were heard of just now.",
        "SELECT kind, count(*) FROM core_heartbeat WHERE kind <> 'queue' AND"
        " at > clock_timestamp() - %s * interval '1 second' GROUP BY 1",
        ("kind",),
        _silence,
    ),
    Gauge(
        "queue_taken_age_seconds",
        "How long ago a worker took something from this queue.",
        "SELECT name, extract(epoch FROM clock_timestamp() - at) FROM core_heartbeat"
        " WHERE kind = 'queue' AND name = ANY (%s)",
        ("queue",),
        _known_queues,
    ),
    Gauge(
        "queue_waited_seconds",
        "How long the last tick waited in this queue.",
        "SELECT name, greatest(0, extract(epoch FROM at - since)) FROM core_heartbeat"
        " WHERE kind = 'queue' AND name = ANY (%s)",
        ("queue",),
        _known_queues,
    ),
    Gauge(
        "sweep_age_seconds",
        "How long ago a sweep came to its end, or was first expected.",
        "SELECT name, extract(epoch FROM clock_timestamp() - coalesce(done_at, since))"
        " FROM core_sweep WHERE name = ANY (%s)",
        ("task",),
        _known_sweeps,
    ),
    Gauge(
        "sweep_failures",
        "Failures of a sweep since it last came to its end.",
        "SELECT name, failures FROM core_sweep WHERE name = ANY (%s)",
        ("task",),
        _known_sweeps,
    ),
    Gauge(
        "jobs",
        "Jobs that wait or run.",
        "SELECT state, count(*) FROM core_job WHERE state IN ('queued', 'running')"
        " GROUP BY 1",
        ("state",),
    ),
    Gauge(
        "notifications_due",
        "Notifications whose e-mail should have been sent by now.",
        "SELECT count(*) FROM core_notification"
        " WHERE mail_state = 'due' AND mail_due_at <= now()",
    ),
    Gauge(
        "maintenance",
        "Whether the desk is closed for maintenance.",
        "SELECT count(*) FROM core_maintenance WHERE ended_at IS NULL",
    ),
    Gauge(
        "database_bytes",
        "Size of the database.",
        "SELECT pg_database_size(current_database())",
    ),
    Gauge(
        "database_connections",
        "Connections to the server.",
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'",
    ),
    Gauge(
        "database_connections_most",
        "Connections that the server takes at most.",
        "SELECT current_setting('max_connections')::int",
    ),
]
