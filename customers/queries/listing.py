"""The list of customers: those that a reader may see, newest first, page by page."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from customers.models import ContactPoint, Customer, Tag
from customers.queries import masks
from customers.queries.record import CONFIRMED_FOR, stale
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids

PAGE = 50
INCOMPLETE = "incomplete"
LOOKED_THROUGH = 5_000
"""So many records a page of those without a contact looks at."""
MOST_CITIES = 300
_CONTACTS = 2
_SHOWN = (
    "number",
    "kind",
    "name",
    "city",
    "team",
    "created_at",
    "confirmed_at",
    "erased_at",
)


@dataclass(frozen=True)
class Narrow:
    """What the customers of a list have to be."""

    kind: str = ""
    tag: Tag | None = None
    team: Team | None = None
    city: str = ""
    quality: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a list of customers."""

    name: str
    number: int
    code: str
    url: str
    kind: str
    kind_label: str
    city: str
    team: str
    contacts: list[masks.Seen]
    tags: list[str]
    since: dt.datetime
    stale: bool
    erased: bool


def listed(user: User, narrow: Narrow, *, now: dt.datetime) -> QuerySet[Customer]:
    """Return the customers that the user may see and that are as wanted."""
    found = Customer.objects.visible_to(user).present()
    if narrow.kind:
        found = found.filter(kind=narrow.kind)
    if narrow.team is not None:
        found = found.filter(team=narrow.team)
    if narrow.city:
        found = found.filter(city=narrow.city)
    if narrow.tag is not None:
        found = found.filter(Exists(_tagged(narrow.tag)))
    if narrow.quality == "stale":
        found = found.filter(erased_at=None).filter(
            Q(confirmed_at__lt=now - CONFIRMED_FOR)
            | Q(confirmed_at=None, created_at__lt=now - CONFIRMED_FOR)
        )
    elif narrow.quality == INCOMPLETE:
        found = found.filter(erased_at=None)
    return found


def _tagged(tag: Tag) -> QuerySet[Any]:
    return Customer.tags.through.objects.filter(customer=OuterRef("pk"), tag=tag)


def page_of(
    found: QuerySet[Customer], narrow: Narrow, *, before: uuid.UUID | None
) -> tuple[list[Customer], str]:
    """Return a page of customers with what a line shows, and the next page's cursor."""
    if before is not None:
        found = found.filter(pk__lt=before)
    if narrow.quality == INCOMPLETE:
        return _incomplete(found)
    rows = list(with_lines(found).order_by("-pk")[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return rows, str(rows[-1].pk) if more else ""


def _incomplete(found: QuerySet[Customer]) -> tuple[list[Customer], str]:
    """Return those without a living contact among so many of the newest.

    There are few or none: looking for fifty would look through all there are.
    """
    newest = found.order_by("-pk").values("pk")
    living = ContactPoint.objects.filter(customer=OuterRef("pk"), dead_at=None)
    looked = Customer.objects.filter(pk__in=newest[:LOOKED_THROUGH])
    rows = list(with_lines(looked.filter(~Exists(living))).order_by("-pk")[: PAGE + 1])
    if len(rows) > PAGE:
        return rows[:PAGE], str(rows[PAGE - 1].pk)
    last = newest[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    return rows, str(last["pk"]) if last else ""


def with_lines(found: QuerySet[Customer]) -> QuerySet[Customer]:
    """Ask for what a line shows: two queries more, however many lines there are."""
    return (
        found.select_related("team")
        .only(*_SHOWN, "team__name_zh", "team__name_en")
        .prefetch_related("contact_points", "tags")
    )


def cities(user: User) -> list[str]:
    """Return the cities of the customers of the user's teams, for a choice.

    The index is gone through from city to city, so that it takes as many steps as
    there are cities, however many customers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CITIES, [sorted(team_ids(user)), MOST_CITIES])
        return [city for (city,) in cursor.fetchall()]


_CITIES = """
WITH RECURSIVE of_team (team, city) AS (
  SELECT team, (SELECT city FROM customers_customer WHERE team_id = team AND city > ''
    ORDER BY city LIMIT 1) FROM unnest(%s::bigint[]) team
  UNION ALL
  SELECT team, (SELECT later.city FROM customers_customer later
    WHERE later.team_id = team AND later.city > of_team.city ORDER BY later.city LIMIT 1)
  FROM of_team WHERE of_team.city IS NOT NULL
) SELECT DISTINCT city FROM of_team WHERE city IS NOT NULL ORDER BY city LIMIT %s
"""


def read_cursor(text: str) -> uuid.UUID | None:
    """Return the key that a cursor names; None for a text that is no cursor."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def lines_of(
    customers: Iterable[Customer], user: User, *, now: dt.datetime
) -> list[Line]:
    """Turn customers into lines, every value masked for the reader."""
    return [_line(each, user, now) for each in customers]


def _line(customer: Customer, user: User, now: dt.datetime) -> Line:
    contacts = sorted(
        (each for each in customer.contact_points.all() if each.dead_at is None),
        key=lambda each: each.created_at,
    )
    seen = [masks.contact_of(each, user) for each in contacts[:_CONTACTS]]
    return Line(
        name=masks.name_of(customer, user),
        number=customer.number,
        code=customer.code,
        url=reverse("customers:customer", args=[customer.number]),
        kind=customer.kind,
        kind_label=str(customer.get_kind_display()),
        city=customer.city,
        team=str(customer.team),
        contacts=[each for each in seen if each.text],
        tags=[str(tag) for tag in customer.tags.all()],
        since=customer.created_at,
        stale=stale(customer, now) and customer.erased_at is None,
        erased=customer.erased_at is not None,
    )
