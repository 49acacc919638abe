"""Find tickets by their words, among those that somebody may see.

PostgreSQL has no index that knows words and order. So each team's newest texts are
looked through first: what is common is found there at once. Where they hold too few
hits the words are rare, and the index of words has them all.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    DateTimeField,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from servicedesk.core.search.asked import Asked
from servicedesk.core.search.fields import Closeness
from servicedesk.core.search.patience import TooMuchError, at_most, in_order
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids
from tickets.models import (
    ACTIVE,
    TicketStatus,
    TicketText,
    granted_to,
    seen_by,
)
from tickets.queries.by_team import keys_of_each

__all__ = ["PAGE", "RANKED", "Hit", "Narrow", "Page", "TooMuchError", "find"]

PAGE = 20
RANKED = 1_000
"""So many of the newest hits are put in order by how well they answer, as many of each
team, of none fewer than a quarter. Where `ENOUGH` are among the newest texts, no others
are looked for."""
ENOUGH = 200
_DIGITS = len(str(RANKED))
NEWEST_LOOKED_THROUGH = 4_000
LOOKED_AT, COMMON = 200, 4
"""Words that stand in two of a hundred of the newest texts are common."""
MOST_GRANTS = 2_000
PATIENCE = 2_000
"""Milliseconds after which a search is given up."""
_LONG_AGO = Value(dt.datetime(1, 1, 1, tzinfo=dt.UTC))
_DONE = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
STATUSES: dict[str, Q] = {
    "": ~Q(ticket__status=TicketStatus.SPAM),
    "open": Q(ticket__status__in=ACTIVE),
    "done": Q(ticket__status__in=_DONE),
    "spam": Q(ticket__status=TicketStatus.SPAM),
}
_HIT = ("moment", "ticket_id", "team_id", "near")
Hit = tuple[dt.datetime, UUID]
Found = tuple[dt.datetime, UUID, int, float | None]
Texts: TypeAlias = "QuerySet[TicketText, TicketText]"
Hits: TypeAlias = "QuerySet[TicketText, Found]"


@dataclass(frozen=True)
class Narrow:
    """What the tickets have to be, beside holding the words."""

    status: str = ""
    team: int | None = None
    mine: bool = False
    since: dt.datetime | None = None


@dataclass(frozen=True)
class Page:
    """A page of hits, in order, and where the next page begins.

    A hit is when something was last written on a ticket, and its key.
    """

    hits: list[Hit]
    following: str

    @property
    def keys(self) -> list[UUID]:
        return [key for _at, key in self.hits]


def find(
    asked: Asked,
    user: User,
    narrow: Narrow | None = None,
    *,
    best: bool = False,
    after: str = "",
) -> Page:
    """Return a page of tickets that hold what is asked for, newest or best first.

    `after` is the `following` of the page before; what is none begins at the beginning.
    Raises TooMuchError if it takes longer than anybody waits.
    """
    texts = _base(asked, user, narrow or Narrow())
    if texts is None or not asked:
        return Page([], "")
    with at_most(PATIENCE):
        if best:
            return _best(texts, asked, user, narrow or Narrow(), after)
        hits = _newest(texts, user, narrow or Narrow(), read_place(after), PAGE + 1)
    more = len(hits) > PAGE
    hits = hits[:PAGE]
    return Page(hits, _place(hits[-1]) if more else "")


def read_place(text: str) -> Hit | None:
    """Return the place that a cursor names; None where it names none."""
    moment, _tilde, key = text.partition("~")
    try:
        at = dt.datetime.fromisoformat(moment)
        return (at, UUID(key)) if at.tzinfo else None
    except ValueError:
        return None


def _place(hit: Hit) -> str:
    return f"{hit[0].isoformat()}~{hit[1]}"


def _base(asked: Asked, user: User, narrow: Narrow) -> "Texts | None":
    """Return the texts that hold the words, of tickets that the user may see."""
    seen = seen_by(user, "ticket__")
    if seen is None:
        return None
    status = STATUSES.get(narrow.status, STATUSES[""])
    texts = TicketText.objects.filter(seen, status, vector__finds=asked)
    if narrow.mine:
        texts = texts.filter(ticket__assignee=user)
    if narrow.since:
        texts = texts.filter(moment__gte=narrow.since)
    return texts


def _best(
    texts: Texts,
    asked: Asked,
    user: User,
    narrow: Narrow,
    after: str,
) -> Page:
    skip = int(after) if after.isdecimal() and len(after) <= _DIGITS else 0
    each = RANKED // min(4, max(1, len(team_ids(user))))
    common = _is_common(asked, team_ids(user))
    near = texts.annotate(near=Closeness("vector", asked))
    found = _found(near, user, narrow, None, each, best=True, common=common)
    ranked = sorted(_with_nearness(found, asked), reverse=True)
    hits = [(at, key) for _near, at, key in ranked[skip : skip + PAGE + 1]]
    more = len(hits) > PAGE
    return Page(hits[:PAGE], str(skip + PAGE) if more else "")


def _with_nearness(
    found: Sequence[Found], asked: Asked
) -> set[tuple[float, dt.datetime, UUID]]:
    """Return how near each is to what was asked, and when it was, and which."""
    left = [key for _at, key, _team, near in found if near is None]
    known: dict[UUID, float] = {}
    if left:
        texts = TicketText.objects.filter(pk__in=left)
        known.update(
            texts.annotate(near=Closeness("vector", asked)).values_list("pk", "near")
        )
    return {
        (known.get(key, 0.0) if near is None else near, at, key)
        for at, key, _team, near in found
    }


def _newest(
    texts: Texts, user: User, narrow: Narrow, after: Hit | None, most: int
) -> list[Hit]:
    """Return up to `most` hits, newest first, behind the place `after`."""
    found = _found(
        _unweighed(texts), user, narrow, after, most, best=False, common=True
    )
    hits = {(at, key) for at, key, _team, _near in found}
    return sorted(hits, reverse=True)[:most]


def _found(
    texts: Texts,
    user: User,
    narrow: Narrow,
    after: Hit | None,
    most: int,
    *,
    best: bool,
    common: bool,
) -> list[Found]:
    """Return the newest hits behind the place `after`, up to `most` of each team."""
    teams = team_ids(user)
    if narrow.team is not None:
        teams &= {narrow.team}
    if after is not None:
        moment, key = after
        texts = texts.filter(
            Q(moment__lt=moment) | Q(ticket_id__lt=key), moment__lte=moment
        )
    depth = NEWEST_LOOKED_THROUGH // max(1, len(teams))
    if not common:
        depth = 0
    first = [_latest(texts, team, depth, after)[:most] for team in teams if depth]
    granted = _granted(texts, user, narrow)
    if granted is not None:
        first.append(_ordered(granted)[:most])
    with in_order(wanted=best):
        found = _all(first)
    by_team = Counter(team for _at, _key, team, _near in found)
    lacking = [team for team in teams if by_team[team] < most]
    if lacking and not (best and len(found) >= ENOUGH):
        # Few among the newest, so few enough to look at each of them.
        with in_order(wanted=False):
            found += _all([_scattered(texts, team)[:most] for team in lacking])
    return found


def _is_common(asked: Asked, teams: Collection[int]) -> bool:
    """Tell by a few of the newest texts whether many hold the words.

    If not, it is quicker to look at all that do than at all of the newest.
    """
    each = LOOKED_AT // max(1, len(teams))
    newest = keys_of_each(TicketText.objects.all(), teams, order=["-moment"], most=each)
    held = TicketText.objects.filter(pk__in=newest, vector__finds=asked)
    return held.count() >= COMMON


def _latest(texts: Texts, team: int, depth: int, after: Hit | None) -> Hits:
    """Keep what is among the newest `depth` texts of a team, in the index's order."""
    newest = TicketText.objects.filter(team=team).order_by("-moment")
    if after is not None:
        newest = newest.filter(moment__lte=after[0])
    edge = Coalesce(Subquery(newest.values("moment")[depth : depth + 1]), _LONG_AGO)
    return _ordered(texts.filter(team=_whole_number(team), moment__gte=edge))


def _scattered(texts: Texts, team: int) -> Hits:
    """Order a team's texts so that no index can be followed: the words' must be used."""
    moment = ExpressionWrapper(
        F("moment") + Value(dt.timedelta()), output_field=DateTimeField()
    )
    # Weighed would be each, before they are cut off.
    mine = _unweighed(texts.filter(team=_whole_number(team)))
    return mine.order_by(moment.desc(), "-ticket_id").values_list(*_HIT)


def _unweighed(texts: Texts) -> Texts:
    return texts.annotate(near=Value(None, output_field=FloatField()))


def _granted(texts: Texts, user: User, narrow: Narrow) -> "Texts | None":
    """Keep the texts of other teams' tickets that were opened to the user."""
    personal, shared = granted_to(user)
    keys = list(personal.union(shared)[:MOST_GRANTS])
    if not keys:
        return None
    others = texts.filter(pk__in=keys).exclude(team__in=team_ids(user))
    return others if narrow.team is None else others.filter(team=narrow.team)


def _ordered(texts: Texts) -> Hits:
    return texts.order_by("-moment", "-ticket_id").values_list(*_HIT)


def _whole_number(team: int) -> Cast:
    # Of the type of the column: the index knows no other.
    return Cast(Value(team), BigIntegerField())


def _all(parts: Sequence[Hits]) -> list[Found]:
    if not parts:
        return []
    return list(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0])
