"""Months of the log as partitions: made ahead, and dropped whole when their time is up."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from servicedesk.audit.database import DROP_MONTH, MAKE_MONTH, REST, TABLE

AHEAD: Final = 3
# Whoever changes the table's parts: several at once wait for each other.
LOCK: Final = 0x61756469745F70
# Writers wait behind us while we wait for the table: not for long.
PATIENCE: Final = "3s"


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: dt.datetime) -> "Month":
        utc = moment.astimezone(dt.UTC)
        return cls(utc.year, utc.month)

    def plus(self, months: int) -> "Month":
        """Return the month that comes so many later; earlier if negative."""
        total = self.year * 12 + self.month - 1 + months
        return Month(total // 12, total % 12 + 1)

    @property
    def start(self) -> dt.datetime:
        """The first moment."""
        return dt.datetime(self.year, self.month, 1, tzinfo=dt.UTC)

    @property
    def end(self) -> dt.datetime:
        """The first moment after it."""
        return self.plus(1).start

    @property
    def table(self) -> str:
        """The name of its partition."""
        return f"{TABLE}_y{self.year:04}m{self.month:02}"


@transaction.atomic
def ensure(*, now: dt.datetime, ahead: int = AHEAD) -> list[Month]:
    """Make the partitions of this month, the next ones and of any strays; those made.

    A row whose month has no partition is kept by the default one and moved from
    there once its month is over or wanted. Safe to call from everywhere at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(
            f"SELECT DISTINCT date_trunc('month', timestamp AT TIME ZONE 'UTC')"  # noqa: S608
            f" FROM {REST}"
        )
        strays = {Month(found.year, found.month) for (found,) in cursor.fetchall()}
    wanted = {Month.of(now).plus(step) for step in range(ahead + 1)} | strays
    missing = sorted(wanted - set(existing()))
    for month in missing:
        _make(month)
    return missing


def existing() -> list[Month]:
    """Return the months that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass AND c.relname <> %s",
            [TABLE, REST],
        )
        names = [name.removeprefix(f"{TABLE}_y") for (name,) in cursor.fetchall()]
    return sorted(Month(int(name[:4]), int(name[5:7])) for name in names)


def drop(month: Month) -> None:
    """Drop a month with all that is in it. The seals must have noted it before."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(f"SELECT {DROP_MONTH}(%s)", [month.start.date()])


def _make(month: Month) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(f"SELECT {MAKE_MONTH}(%s)", [month.start.date()])
