"""Write down what happened to a record, for people."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from customers.models import Customer, CustomerEvent, CustomerEventKind
from servicedesk.staff.models import User


def write(
    customer: Customer,
    kind: CustomerEventKind,
    *,
    by: User | None,
    now: dt.datetime,
    fields: Iterable[str] = (),
    about: UUID | None = None,
) -> CustomerEvent:
    """Add a line to the history; `fields` are names of fields, never values."""
    [event] = write_for([customer], kind, by=by, now=now, fields=fields, about=about)
    return event


def write_for(
    customers: Iterable[Customer],
    kind: CustomerEventKind,
    *,
    by: User | None,
    now: dt.datetime,
    fields: Iterable[str] = (),
    about: UUID | None = None,
) -> list[CustomerEvent]:
    """Add the same line to the history of several, by one statement."""
    names = sorted(fields)
    return CustomerEvent.objects.bulk_create(
        CustomerEvent(
            customer=each, kind=kind, by=by, at=now, fields=names, about=about
        )
        for each in customers
    )
