"""The kinds of notification, and who is present: each app registers its own."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise

from servicedesk.core.access import may
from servicedesk.core.models import Notification, Way

_KIND: Final = re.compile(r"[a-z_]+\.[a-z_]+")
# Given ids of users, returns those who sit at the desk now.
Presence = Callable[[Sequence[int]], set[int]]
# Given the permission of a kind, returns the SQL condition on `given.user_id` under
# which somebody may be told of it now; "" where there is none.
Hearing = Callable[[str], str]


@dataclass(frozen=True)
class NotificationKind:
    """One kind of thing to hear of.

    `sentence` makes the text in the reader's language from the row's ids and
    numbers; `url` is where a click leads. `fixed`: cannot be switched off in the
    page. `urgent`: may come at night to those who allow it. `letter`: gives subject
    and text of an e-mail of its own, which is always sent, at once and to whoever is
    there. `permission`: whom it concerns at all; "" is everybody.
    """

    key: str
    title: str | Promise
    sentence: Callable[[Notification], str]
    url: Callable[[Notification], str]
    way: Way = Way.PAGE
    urgent: bool = False
    fixed: bool = False
    permission: str = ""
    letter: Callable[[Notification], tuple[str, str]] | None = None


_kinds: dict[str, NotificationKind] = {}
_present: list[Presence] = []
_hearing: list[Hearing] = []


def register_kind(kind: NotificationKind) -> None:
    """Let people be notified of `kind`; from `ready()`; twice is as good as once."""
    if not _KIND.fullmatch(kind.key) or _kinds.setdefault(kind.key, kind) != kind:
        raise ValueError(f"Not a new name for a kind of notification: {kind.key!r}")


def register_presence(presence: Presence) -> None:
    """Let `presence` say who is there; called by the app that knows."""
    _present[:] = [presence]


def register_hearing(hearing: Hearing) -> None:
    """Let `hearing` say who may be told of what; called by the app that knows."""
    _hearing[:] = [hearing]


def condition_of(kind: NotificationKind) -> str:
    """Return the SQL condition on `given.user_id` for being told of this kind."""
    found = _hearing[0](kind.permission) if _hearing and kind.permission else ""
    return found or "TRUE"


def concerns(user: AbstractBaseUser, key: str) -> bool:
    """Tell whether a kind concerns the user now; one that nobody knows does."""
    known = _kinds.get(key)
    return known is None or not known.permission or may(user, known.permission)


def find_kind(key: str) -> NotificationKind | None:
    """Return the kind, or None if this version of the program does not know it."""
    return _kinds.get(key)


def kinds() -> Iterator[NotificationKind]:
    """Yield every kind, in the order of registration."""
    yield from _kinds.values()


def present(users: Sequence[int]) -> set[int]:
    """Return those of the users who sit at the desk now."""
    return _present[0](users) if _present else set()
