"""What the foundation itself looks at: database, keys, broker, workers, sweeps, disks."""

import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import redis
from celery import current_app
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keys import keyring, keys_folder, read_ring
from servicedesk.core.health_checks import Check, Severity, register_check
from servicedesk.core.operations.sweeps import timetable
from servicedesk.core.own_line import PATIENCE

BEAT_SILENT: Final = 90
TICK_LATE: Final = 180
FAILED_OFTEN: Final = 3
LEAST_SHARE: Final = 0.05


def latest(every: float) -> float:
    """Return after how many seconds a sweep that is due each `every` is late."""
    return 3 * every + 120


def register() -> None:
    """Register everything; twice is as good as once."""
    for check in _all():
        register_check(check)


def migrations(cursor: Any) -> str:
    cursor.execute("SELECT app, name FROM django_migrations")
    applied = set(cursor.fetchall())
    missing = [
        name
        for name, replaced in known_migrations().items()
        if name not in applied and not (replaced and replaced <= applied)
    ]
    said = _("%(number)s migrations are not applied") % {"number": len(missing)}
    return said if missing else ""


@functools.cache
def known_migrations() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return this code's migrations, each with those that it stands for.

    A row of a squashed migration or the rows of all that it replaces will do; which of
    the two a database has depends on its age.
    """
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    stand_for = {name: set(each.replaces) for name, each in found.items()}
    replaced = set().union(*stand_for.values())
    return {name: old for name, old in stand_for.items() if name not in replaced}


def keys(_cursor: Any) -> str:
    try:
        keyring()
    except (KeyMissing, OSError) as error:
        return _("the field keys cannot be read (%(error)s)") % _named(error)
    return ""


def key_files(_cursor: Any) -> str:
    try:
        read_ring(keys_folder())
    except (KeyMissing, OSError) as error:
        return _("the folder of keys is not in order (%(error)s)") % _named(error)
    return ""


def broker(_cursor: Any) -> str:
    try:
        with broker_line() as server:
            server.ping()
    except (redis.RedisError, OSError) as error:
        return _("the broker does not answer (%(error)s)") % _named(error)
    return ""


def broker_line() -> redis.Redis:
    """Return a client of the broker that waits for nothing longer than two seconds."""
    options: dict[str, Any] = {
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
    }
    return redis.Redis.from_url(settings.REDIS_URL, **options)


def beats(cursor: Any) -> str:
    cursor.execute(
        "SELECT 1 FROM core_heartbeat WHERE kind = 'beat'"
        " AND at > clock_timestamp() - %s * interval '1 second' LIMIT 1",
        [BEAT_SILENT],
    )
    return "" if cursor.fetchone() else _("no beat was heard of lately")


def workers(cursor: Any) -> str:
    cursor.execute(
        "SELECT name FROM core_heartbeat WHERE kind = 'queue'"
        " AND at > clock_timestamp() - %s * interval '1 second'",
        [TICK_LATE],
    )
    taken = {name for (name,) in cursor.fetchall()}
    silent = [queue for queue in queues() if queue not in taken]
    said = _("no worker takes from: %(queues)s") % {"queues": ", ".join(silent)}
    return said if silent else ""


def queues() -> list[str]:
    """Return the names of the queues."""
    ticked = current_app.conf.beat_schedule.values()
    return sorted(
        entry["options"]["queue"] for entry in ticked if entry["task"] == "core.tick"
    )


def sweeps(cursor: Any) -> str:
    """Name what is later than three of its turns, or failed three times in a row."""
    cursor.execute(
        "SELECT name, extract(epoch FROM clock_timestamp() - coalesce(done_at, since)),"
        " failures FROM core_sweep"
    )
    expected = timetable()
    wrong = [
        name
        for name, age, failures in cursor.fetchall()
        if name in expected
        and (float(age) > latest(expected[name]) or failures >= FAILED_OFTEN)
    ]
    said = _("these sweeps are late or fail: %(names)s")
    return said % {"names": ", ".join(sorted(wrong))} if wrong else ""


def disks(_cursor: Any) -> str:
    wrong = [place for place, total, free in rooms() if free < least(total)]
    return (
        _("the disk is nearly full: %(names)s") % {"names": ", ".join(wrong)}
        if wrong
        else ""
    )


def least(total: int) -> float:
    """Return how much room has to be free: a twentieth, and one request's files."""
    files = settings.ATTACHMENT_MAX_BYTES * settings.ATTACHMENT_MAX_COUNT
    return max(total * LEAST_SHARE, min(files, total / 2))


def rooms() -> list[tuple[str, int, int]]:
    """Return name, size and free bytes of each place that this process writes to."""
    found, seen = [], set[int]()
    places: dict[str, Any] = {
        "media": settings.MEDIA_ROOT,
        "seals": settings.AUDIT_SEALS_DIR,
        "tmp": tempfile.gettempdir(),
    }
    for name, place in places.items():
        path = _there(Path(place))
        device = path.stat().st_dev
        if device not in seen:
            seen.add(device)
            usage = shutil.disk_usage(path)
            found.append((name, usage.total, usage.free))
    return found


def _there(path: Path) -> Path:
    """Return the folder, or the nearest one above it that is there already."""
    return path if path.exists() else _there(path.parent)


def _named(error: Exception) -> dict[str, str]:
    return {"error": type(error).__name__}


def _all() -> list[Check]:
    failed = Severity.FAILED
    return [
        Check(
            "migrations", gettext_lazy("Database"), migrations,
            gettext_lazy("Run the migrations, as the upgrade in docs/operations.md says."),
            failed,
        ),
        Check(
            "keys", gettext_lazy("Keys"), keys,
            gettext_lazy("Put the key files back from where their copy is kept."), failed,
        ),
        Check(
            "key files", gettext_lazy("Key files"), key_files,
            gettext_lazy("Put them right before anything is started anew; the page Keys says more."),
        ),
        Check(
            "broker", gettext_lazy("Broker"), broker,
            gettext_lazy("Start Valkey. Nothing is lost: what is due is done within a minute of that."),
        ),
        Check(
            "beats", gettext_lazy("Beat"), beats,
            gettext_lazy("Start the beat. Without it nothing that falls due is noticed."),
        ),
        Check(
            "workers", gettext_lazy("Workers"), workers,
            gettext_lazy("Start a worker for the queue, and look whether the broker answers."),
        ),
        Check(
            "sweeps", gettext_lazy("Sweeps"), sweeps,
            gettext_lazy("Look for the name in the log of the workers: it says why."),
        ),
        Check(
            "disks", gettext_lazy("Disk"), disks,
            gettext_lazy("Make room, or give the volume more; uploads are refused when it is full."),
        ),
    ]  # fmt: skip
