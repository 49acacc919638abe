"""Who acts, from which address and by what: noted on each entry that is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

if TYPE_CHECKING:
    from servicedesk.audit.models import LogEntry


@dataclass(frozen=True)
class Acting:
    """One request, task or command; `source` names the latter two."""

    request: HttpRequest | None = None
    address: str | None = None
    port: int | None = None
    source: str = ""

    @property
    def actor(self) -> Any:
        """The person signed in at this moment: a sign-in changes it midway."""
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None


_acting: ContextVar[Acting | None] = ContextVar("audit_acting", default=None)


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    """Note `who` on every entry written inside."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def describe(entry: "LogEntry") -> None:
    """Fill in who acts, where the entry does not say it already."""
    who = _acting.get() or Acting()
    if entry.actor_id is None and (actor := who.actor) is not None:
        entry.actor = actor
    if entry.actor is not None and entry.actor_email is None:
        entry.actor_email = entry.actor.email
    entry.remote_addr = entry.remote_addr or who.address
    entry.remote_port = entry.remote_port or who.port
    entry.source = entry.source or who.source
