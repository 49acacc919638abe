"""The first rows of each of several teams, to be put in one order.

An index that begins with the team gives the rows of one team in order, but not those of
several: PostgreSQL would read and sort all of them. So the keys of the first of each are
taken along the index, and only these few rows are read and put in order.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, OuterRef, QuerySet

from servicedesk.core.access import may
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids
from tickets.models import Ticket
from tickets.permissions import VIEW


class Unnest(Func):
    """The elements of an array, a row each."""

    function = "unnest"
    arity = 1
    set_returning = True


def first_of_teams(
    tickets: QuerySet[Ticket], user: User, *, order: Sequence[Any], most: int
) -> QuerySet[Ticket]:
    """Keep the first of each of the reader's own teams, each of which the reader sees.

    What is among the first of all is among these.
    """
    if user.pk is None or not may(user, VIEW):
        return Ticket.objects.none()
    keys = keys_of_each(tickets, team_ids(user), order=order, most=most)
    return Ticket.objects.filter(pk__in=keys)


def keys_of_each(
    rows: QuerySet[Any], teams: Iterable[int], *, order: Sequence[Any], most: int
) -> QuerySet[Any]:
    """Return the keys of the first rows of each team."""
    of_team = rows.filter(team=OuterRef("pk")).order_by(*order).values("pk")[:most]
    asked = Team.objects.filter(pk__in=teams).order_by()
    return asked.values(key=Unnest(ArraySubquery(of_team)))
