"""Which sweeps of the timetable came to their end, written down by whoever ran them."""

import logging
from typing import Any, Final

from celery import current_app
from celery.signals import task_failure, task_success
from django.db import Error, connection

log = logging.getLogger(__name__)
# Sweeps of every few seconds write once in ten: the answer is the same.
_DONE: Final = """
INSERT INTO core_sweep AS own (name, since, done_at, failures, fault)
VALUES (%s, clock_timestamp(), clock_timestamp(), 0, '')
ON CONFLICT (name) DO UPDATE SET done_at = excluded.done_at, failures = 0
WHERE own.done_at IS NULL OR own.failures > 0
  OR own.done_at < clock_timestamp() - interval '10 seconds'
"""
_FAILED: Final = """
INSERT INTO core_sweep AS own (name, since, failures, failed_at, fault)
VALUES (%s, clock_timestamp(), 1, clock_timestamp(), %s)
ON CONFLICT (name) DO UPDATE
SET failures = own.failures + 1, failed_at = excluded.failed_at, fault = excluded.fault
"""
_EXPECTED: Final = """
INSERT INTO core_sweep (name, since, failures, fault)
SELECT name, clock_timestamp(), 0, '' FROM unnest(%s::text[]) AS name
ON CONFLICT (name) DO NOTHING
"""
TICK: Final = "core.tick"
_LONGEST: Final = 100


def timetable() -> dict[str, float]:
    """Return the seconds between two runs of each sweep, by the name of its task."""
    entries = current_app.conf.beat_schedule.values()
    return {
        str(entry["task"]): float(entry["schedule"])
        for entry in entries
        if entry["task"] != TICK
    }


def expect_sweeps(cursor: Any) -> None:
    """Make the rows that are missing: what never ran is late from now on."""
    cursor.execute(_EXPECTED, [list(timetable())])


def connect() -> None:
    """Listen to the ends of tasks; twice is as good as once."""
    task_success.connect(_done, dispatch_uid="core.sweep_done")
    task_failure.connect(_failed, dispatch_uid="core.sweep_failed")


def _done(sender: Any, **_kwargs: Any) -> None:
    if _counts(sender):
        note_done(sender.name)


def _failed(sender: Any, exception: BaseException, **_kwargs: Any) -> None:
    if _counts(sender):
        note_failed(sender.name, exception)


def _counts(task: Any) -> bool:
    return task.name in timetable() and not task.request.is_eager


def note_done(name: str) -> None:
    """Write down that the sweep came to its end."""
    _write(_DONE, name)


def note_failed(name: str, error: BaseException) -> None:
    """Write down that the sweep ended in an error, of which only the kind is kept."""
    _write(_FAILED, name, type(error).__name__[:_LONGEST])


def _write(statement: str, *values: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
    except Error as error:
        # The sweep itself is done; that nobody heard of it shows as lateness.
        log.warning("The end of a sweep was not noted: %s", type(error).__name__)
