"""Who sees a customer: the owning team, whom it was granted to, and whose work it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.db.models.expressions import RawSQL

from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

WayIn = Callable[[User], Any]
"""Returns a query of the keys of customers that are a person's work; short always."""


@dataclass(frozen=True)
class Reason:
    """Why a person sees a customer: in words that name a piece of work, no customer."""

    user_id: int
    customer_id: UUID
    words: str


class Why(Protocol):
    """Explains a way in, of one person or of one customer; newest first, not for ever."""

    def __call__(
        self, *, user: User | None = None, customer: UUID | None = None
    ) -> Iterable[Reason]: ...


Named = Callable[[User, UUID, str], bool]
"""Tells whether a number names work on this customer that the person may see."""


class _Way(NamedTuple):
    keys: WayIn
    why: Why | None
    named: Named | None


# Written out as for tickets: it stands in every query for customers. What is over opens
# nothing from that second on, by the clock of the database: the sweep only tidies up.
_GRANTED = """
SELECT own.content_object_id FROM customers_customeruserobjectpermission own
JOIN auth_permission code ON code.id = own.permission_id
WHERE own.user_id = %s AND code.codename = %s
  AND (own.until IS NULL OR own.until > statement_timestamp())
UNION ALL
SELECT shared.content_object_id FROM customers_customergroupobjectpermission shared
JOIN auth_permission code ON code.id = shared.permission_id
JOIN staff_user_groups member ON member.group_id = shared.group_id
WHERE member.user_id = %s AND code.codename = %s
"""
_ways: dict[str, _Way] = {}


def register_way_in(
    name: str, way: WayIn, *, why: Why | None = None, named: Named | None = None
) -> None:
    """Let an app above open the customers of a person's work; from `ready()`.

    `way` returns a query of keys, such as those of the tickets that are somebody's;
    `why` explains them, and `named` says whether a number is one of them. Raises
    ValueError when another way has the name already.
    """
    if _ways.setdefault(name, _Way(way, why, named)).keys is not way:
        raise ValueError(f"Two ways in called {name!r}")


def reasons(
    *, user: User | None = None, customer: UUID | None = None
) -> Iterator[Reason]:
    """Yield why a person sees customers, or who sees a customer, by work."""
    for way in _ways.values():
        if way.why is not None:
            yield from way.why(user=user, customer=customer)


def is_work(user: User, customer: UUID, number: str) -> bool:
    """Tell whether the number names work on the customer that the person may see."""
    return any(way.named(user, customer, number) for way in _ways.values() if way.named)


def work_of(user: User) -> Q:
    """Return the condition under which a customer is the person's work just now."""
    mine = Q(pk__in=[])
    for way in _ways.values():
        mine |= Q(pk__in=way.keys(user))
    return mine


def granted(user: User, codename: str = "view_customer") -> RawSQL:
    """Return the keys of the customers for which the user has this object permission."""
    values = (user.pk, codename, user.pk, codename)
    return RawSQL(_GRANTED, values)  # noqa: S611  # values are passed apart


def seen_by(user: AbstractBaseUser | AnonymousUser, path: str = "") -> Q | None:
    """Return the condition under which the user sees a customer; None for never.

    `path` leads to the customer from what is asked ("customer__"). A customer belongs
    to a team, which sees it; others come in by a grant (guardian's rows, codename
    `view_customer`) or because it is their work (`register_way_in`).
    """
    if user.pk is None or not may(user, "customers.view_customer"):
        return None
    person = cast("User", user)
    seen = Q(**{f"{path}pk__in": granted(person)})
    if teams := team_ids(person):
        seen |= Q(**{f"{path}team__in": teams})
    for way in _ways.values():
        seen |= Q(**{f"{path}pk__in": way.keys(person)})
    return seen
