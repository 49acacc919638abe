"""Rows that hang on tickets, narrowed to the tickets that somebody may see."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from servicedesk.staff.models import User
from tickets.models import seen_by

M = TypeVar("M", bound=Model)


def of_seen_tickets(rows: QuerySet[M], user: User) -> QuerySet[M]:
    """Keep the rows whose `ticket` the user may see.

    The condition is on the joined ticket: what is bounded by its own index stays
    so, however many tickets there are.
    """
    seen = seen_by(user, "ticket__")
    return rows.none() if seen is None else rows.filter(seen)
