"""Whether the database's journal is put away: how far back a recovery can reach.

The archive itself is PostgreSQL's and pgBackRest's (`deploy/pitr`); from here one sees
only what the database says of its archiver, as any role may.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import TextChoices
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

# A piece is closed at least each minute in which something was written. So many of them
# waiting without a failure mean an archive that hangs or is slower than the desk writes.
MANY: Final = 16
_PIECE: Final = re.compile(r"[0-9A-F]{24}")

_QUESTION: Final = """
SELECT current_setting('archive_mode') <> 'off',
       last_archived_time, last_failed_time, last_failed_wal, last_archived_wal,
       pg_walfile_name(pg_current_wal_insert_lsn()),
       pg_size_bytes(current_setting('wal_segment_size'))
  FROM pg_stat_archiver
"""


class State(TextChoices):
    """What is to be thought of the archive."""

    OFF = "off", pgettext_lazy("archive of the journal", "Not set up")
    FINE = "fine", pgettext_lazy("archive of the journal", "In order")
    FAILING = "failing", pgettext_lazy("archive of the journal", "Refused")
    BEHIND = "behind", pgettext_lazy("archive of the journal", "Behind")


@dataclass(frozen=True)
class Archiving:
    """The archive of the journal as the database sees it.

    `reaches` is when the last piece was put away: later seconds cannot be recovered
    yet. `waiting` is how many closed pieces lie on the database's own disk, of `size`
    bytes each.
    """

    state: State
    reaches: dt.datetime | None
    waiting: int
    size: int

    @property
    def is_alarm(self) -> bool:
        """Whether somebody has to act before the disk of the database is full."""
        return self.state in {State.FAILING, State.BEHIND}

    @property
    def words(self) -> str:
        """Say it in a sentence or two for the page of the system."""
        if self.state == State.OFF:
            return _(
                "The journal of the database is not put away: after damage only the "
                "last backup can be restored, not a chosen second."
            )
        if self.state != State.FINE:
            return f"{self._trouble} {self._waits}".strip()
        if self.reaches is None:
            return _("Nothing of the journal of the database has been put away yet.")
        return _(
            "The journal of the database was last put away at %(time)s; a chosen second "
            "up to then can be recovered."
        ) % {"time": self._time}

    @property
    def _trouble(self) -> str:
        if self.state == State.BEHIND:
            return _(
                "The journal of the database is put away too slowly or not at all; "
                "recovery reaches to %(time)s only."
            ) % {"time": self._time}
        return _(
            "The journal of the database could not be put away at the last try; "
            "recovery reaches to %(time)s only. The log of PostgreSQL says why."
        ) % {"time": self._time}

    @property
    def _waits(self) -> str:
        if not self.waiting:
            return ""
        said = ngettext(
            "%(count)s piece (%(size)s MB) waits on the disk of the database. When that "
            "disk is full the desk stops; where archive-push-queue-max is set, pieces are "
            "given up at that size instead, and the seconds in them cannot be recovered.",
            "%(count)s pieces (%(size)s MB) wait on the disk of the database. When that "
            "disk is full the desk stops; where archive-push-queue-max is set, pieces are "
            "given up at that size instead, and the seconds in them cannot be recovered.",
            self.waiting,
        )
        return said % {
            "count": number_format(self.waiting, use_l10n=True),
            "size": number_format(self.waiting * self.size // 2**20, use_l10n=True),
        }

    @property
    def _time(self) -> str:
        if self.reaches is None:
            return _("the last backup")
        return date_format(localtime(self.reaches), "DATETIME_FORMAT")


def look(*, using: str = DEFAULT_DB_ALIAS) -> Archiving:
    """Ask the database about its archiver: one query, in no need of any right."""
    with connections[using].cursor() as cursor:
        return asked(cursor)


def asked(cursor: Any) -> Archiving:
    """Ask with this cursor, of Django's or another."""
    cursor.execute(_QUESTION)
    on, archived, failed, oldest, last, current, size = cursor.fetchone()
    if not on:
        state, first = State.OFF, None
    elif failed and (archived is None or failed > archived):
        # The archiver stays at the oldest piece until it succeeds.
        state, first = State.FAILING, _number(oldest, size)
    else:
        state, first = State.FINE, _number(last, size, more=1)
    waiting = 0 if first is None else max(0, (_number(current, size) or 0) - first)
    if state == State.FINE and waiting > MANY:
        state = State.BEHIND
    return Archiving(state=state, reaches=archived, waiting=waiting, size=size)


def _number(name: str | None, size: int, *, more: int = 0) -> int | None:
    """Return a piece's number on its line, plus `more`; None for what is no piece.

    Its name is timeline, block and place in the block, eight hexadecimal digits each;
    the histories of timelines are put away as well and have other names.
    """
    if not name or not _PIECE.match(name):
        return None
    return int(name[8:16], 16) * (2**32 // size) + int(name[16:24], 16) + more
