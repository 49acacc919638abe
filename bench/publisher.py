"""Publishes live events as an action does, and makes tokens for those who listen."""

import itertools
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import now

from bench.listener import Listener
from servicedesk.core.live.publish import publish
from servicedesk.core.live.tokens import stream_token

KIND = "ticket_changed"


@dataclass(frozen=True)
class Told:
    """One event: its channel, what it refers to, and the moment before it was written."""

    channel: str
    ref: str
    at: float

    @property
    def key(self) -> str:
        """How a listener names it."""
        return f"{self.channel} {self.ref}"


class Publisher:
    """Writes events, each in a transaction of its own."""

    def __init__(self) -> None:
        self.sent: list[Told] = []
        self._numbers = itertools.count(1)

    def publish(self, channel: str) -> Told:
        """Publish one event and return it."""
        told = Told(channel, f"bench-{next(self._numbers)}", time.perf_counter())
        with transaction.atomic():
            publish(channels=[channel], kind=KIND, ref=told.ref)
        self.sent.append(told)
        return told

    def listener(self, port: int, person: int, channels: list[str]) -> Listener:
        """Return a browser of this person with a token for these channels."""
        moment, session = now(), f"session-of-{person}"
        token = stream_token(
            user_id=person, session_key=session, channels=channels, now=moment
        )
        return Listener(
            port=port,
            token=token,
            cookie=f"{settings.SESSION_COOKIE_NAME}={session}",
            channels=frozenset(channels),
            since=int(moment.timestamp()),
        )

    def cut_listening(self) -> None:
        """End the database connection that the web process listens on."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'servicedesk live' "
                "AND datname = current_database()"
            )
