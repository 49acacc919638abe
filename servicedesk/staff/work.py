"""What open work somebody holds: each app counts and hands over its own kind.

Staff stands below the apps that hold work, so these register here, from `ready()`.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from servicedesk.staff.models import Team, User

Given = Mapping[int | None, int]
"""How many pieces went to whom, by key; None is back into the team's queue."""


@dataclass(frozen=True)
class HandOver:
    """One portion of a hand-over: whose, to whom in which team, and how many at most."""

    user: User
    successors: Mapping[int, int]
    by: User
    now: dt.datetime
    limit: int


@dataclass(frozen=True)
class WorkKind:
    """One kind of open work.

    `held` counts what a person holds by team; `heirs` tells who could take it over in
    each of the teams, now: active, cleared, of a role that does such work. `hand_over`
    gives away up to `limit` pieces inside the transaction of the caller, each with its
    row of history, and tells how many went to whom; nothing is left once it gives none.
    A successor who cannot do it (any more) is passed by: then it goes to the team's
    lead, and with no lead to the queue.
    """

    key: str
    title: str | Promise
    held: Callable[[User], Mapping[int, int]]
    heirs: Callable[[Iterable[int]], Mapping[int, set[int]]]
    hand_over: Callable[[HandOver], Given]


_kinds: Final[dict[str, WorkKind]] = {}


def register_work(kind: WorkKind) -> None:
    """Let people who leave hand over such work; from `ready()`."""
    _kinds[kind.key] = kind


def work_kinds() -> Iterator[WorkKind]:
    """Yield every kind, in the order of registration."""
    yield from _kinds.values()


def work_of(user: User) -> dict[str, dict[int, int]]:
    """Return how much open work a person holds: by kind, then by the key of the team."""
    found = {kind.key: dict(kind.held(user)) for kind in work_kinds()}
    return {key: held for key, held in found.items() if held}


def heirs_in(
    teams: Iterable[int], held: Mapping[str, Mapping[int, int]]
) -> dict[int, set[int]]:
    """Return who could take over everything that is held in each of the teams.

    In a team where nothing is held (it is only led) that is any active member.
    """
    wanted = list(teams)
    members: dict[int, set[int]] = {team: set() for team in wanted}
    active = Team.objects.filter(
        pk__in=wanted, active=True, memberships__user__is_active=True
    )
    for team, person in active.values_list("pk", "memberships__user"):
        members[team].add(person)
    for kind in work_kinds():
        mine = [team for team in wanted if held.get(kind.key, {}).get(team)]
        able = kind.heirs(mine) if mine else {}
        for team in mine:
            members[team] &= able.get(team, set())
    return members


def add_up(counted: Mapping[str, int], given: Given) -> dict[str, int]:
    """Add what was given away to what was counted so far; "" stands for nobody."""
    total = Counter(counted)
    for person, number in given.items():
        total["" if person is None else str(person)] += number
    return dict(total)
