"""The one connection of a process that listens and reads what was published."""

import contextlib
import select
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

import psycopg2
from django.db import DEFAULT_DB_ALIAS, connections

from servicedesk.core.live.publish import NOTIFY_CHANNEL, SIGNED_OUT
from servicedesk.core.live.snapshot import Cursor, Snapshot
from servicedesk.core.live.stream import MAX_WAITING, Event, Stream

# More news than this in one reading, and every browser reloads instead.
MAX_NEWS: Final = 5_000
_COLUMNS: Final = "id, xid, channel, kind, ref, at"
# A row is news if its transaction had not ended in the last snapshot. Rows of a
# restored dump carry numbers from another cluster's future: `< xmax` leaves them out.
_NEWS: Final = f"""
    SELECT pg_current_snapshot()::text, now(), news.* FROM (SELECT 1) AS always
    LEFT JOIN LATERAL (
        SELECT {_COLUMNS} FROM core_liveevent
        WHERE (xid >= %(xmax)s OR xid = ANY(%(running)s::bigint[]))
          AND xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY id LIMIT {MAX_NEWS + 1}
    ) AS news ON true
"""  # noqa: S608  # constants only
_REPLAY: Final = f"""
    SELECT {_COLUMNS} FROM core_liveevent
    WHERE channel = ANY(%(channels)s::text[])
      AND (xid >= %(xmin)s OR at >= %(since)s
           OR (kind = '{SIGNED_OUT}' AND at >= %(issued)s))
    ORDER BY id LIMIT {MAX_NEWS + 1}
"""  # noqa: S608  # constants only
_HIGHEST: Final = 2**63 - 1


class TooMuchNews(Exception):  # noqa: N818  # a state of affairs, not a failure
    """There is more to tell than is worth telling one by one."""

    def __init__(self, cursor: Cursor) -> None:
        super().__init__()
        self.cursor = cursor


class Reader:
    """Blocking; lives in the hub's own thread. Raises psycopg2.Error when it breaks."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[Self]:
        """Connect as Django does, with limits that notice a silent server."""
        params = {
            **connections[DEFAULT_DB_ALIAS].get_connection_params(),
            "application_name": "servicedesk live",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        }
        params.setdefault("connect_timeout", 5)
        connection = psycopg2.connect(**params)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '10s'")
                cursor.execute("SET timezone = 'UTC'")
                cursor.execute(f'LISTEN "{NOTIFY_CHANNEL}"')
            yield cls(connection)
        finally:
            connection.close()

    def wait(self, wake: int, seconds: float) -> None:
        """Sleep until something is published, `wake` is readable or time has passed."""
        select.select([self._connection.fileno(), wake], [], [], seconds)
        self._connection.poll()
        # One reading answers all of them: what they say is "look".
        self._connection.notifies.clear()

    def news(self, seen: Snapshot | None) -> tuple[Cursor, list[Event]]:
        """Return what became visible since `seen`, and the cursor of now.

        With nothing seen yet there is no news. Raises TooMuchNews.
        """
        values = {
            "xmax": _HIGHEST if seen is None else seen.xmax,
            "running": [] if seen is None else list(seen.running),
        }
        rows = self._rows(_NEWS, values)
        snapshot = Snapshot.parse(rows[0][0])
        assert snapshot is not None
        cursor = Cursor(snapshot, rows[0][1])
        events = [Event(*row[2:]) for row in rows if row[2] is not None]
        went_back = seen is not None and seen.xmax > snapshot.xmax
        if len(events) > MAX_NEWS or went_back:
            raise TooMuchNews(cursor)
        return cursor, events

    def replay(
        self, streams: Sequence[Stream], now: Snapshot
    ) -> list[tuple[Stream, list[Event] | None]]:
        """Return for each newcomer what it missed up to `now`; None means reload.

        One query for all of them: after a restart every browser comes back at once.
        """
        if not streams:
            return []
        # A cursor from the future is answered by a reload, not looked for.
        marks = [s.after.xmin for s in streams if s.after and s.after.xmax <= now.xmax]
        values = {
            "channels": sorted(set().union(*(s.token.channels for s in streams))),
            "xmin": min(marks, default=_HIGHEST),
            "since": min(stream.since for stream in streams),
            "issued": min(stream.token.issued_at for stream in streams),
        }
        events = [Event(*row) for row in self._rows(_REPLAY, values)]
        if len(events) > MAX_NEWS:
            return [(stream, None) for stream in streams]
        return [(stream, _missed(stream, events, now)) for stream in streams]

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def _missed(
    stream: Stream, events: Sequence[Event], now: Snapshot
) -> list[Event] | None:
    if stream.after and stream.after.xmax > now.xmax:
        return None  # a cursor of another database, or of before a restore
    missed = [
        event
        for event in events
        if event.channel in stream.token.channels
        # What `now` does not see comes with the next news.
        and now.sees(event.xid)
        and (
            event.at >= stream.since
            or (stream.after is not None and not stream.after.sees(event.xid))
            or event.ends(stream.token)
        )
    ]
    return missed if len(missed) <= MAX_WAITING else None
