"""What tickets answer where customers ask upward: who works for whom, what is kept of whom."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from customers import signals
from customers.models import Customer, Reason, register_way_in
from customers.queries.package import Section
from servicedesk.staff.models import User
from tickets.actions import merged, retention
from tickets.actions.erase import erase_customers
from tickets.models import Ticket
from tickets.queries import timeline
from tickets.queries.package import reasons_against, sections_of

_EXPLAINED = 200


def connect() -> None:
    """Open the customers of somebody's tickets to them, and answer for what tickets hold."""
    register_way_in("tickets", customers_of_work, why=why_seen, named=is_ticket_of)
    timeline.connect()
    signals.customers_merged.connect(on_merged, dispatch_uid="tickets.on_merged")
    signals.customers_unmerged.connect(on_unmerged, dispatch_uid="tickets.on_unmerged")
    signals.packing.connect(on_packing, dispatch_uid="tickets.pack")
    signals.erasure_asked.connect(
        on_erasure_asked, dispatch_uid="tickets.erasure_asked"
    )
    signals.erasing.connect(on_erasing, dispatch_uid="tickets.erase")
    retention.register()


def customers_of_work(user: User) -> Any:
    """Return the customers of the tickets that are the person's own to work on."""
    return Ticket.objects.active().filter(assignee=user).values("customer")


def why_seen(
    *, user: User | None = None, customer: UUID | None = None
) -> Iterator[Reason]:
    """Yield whose open tickets let them see which customer, newest first."""
    found = Ticket.objects.active().exclude(assignee=None)
    if user is not None:
        found = found.filter(assignee=user)
    if customer is not None:
        found = found.filter(customer=customer)
    rows = found.order_by("-changed_at", "-id")
    for number, person, whom in rows.values_list("number", "assignee", "customer")[
        :_EXPLAINED
    ]:
        if person is not None:
            yield Reason(person, whom, _("ticket %(number)s") % {"number": number})


def is_ticket_of(user: User, customer: UUID, number: str) -> bool:
    """Tell whether the number is that of a ticket of the customer that the user sees."""
    seen = Ticket.objects.visible_to(user)
    return seen.filter(number=number, customer=customer).exists()


def on_merged(kept: Customer, gone: Customer, **_kwargs: Any) -> tuple[str, list[UUID]]:
    """Have the tickets follow the customer; say which."""
    return "tickets", merged.follow(kept=kept, gone=gone)


def on_unmerged(
    kept: Customer, gone: Customer, moved: Mapping[str, list[str]], **_kwargs: Any
) -> None:
    """Have the tickets go back where they came from."""
    merged.go_back(kept=kept, gone=gone, keys=moved.get("tickets", []))


def on_packing(customer: Customer, **_kwargs: Any) -> list[Section]:
    """Return what tickets hold on the person."""
    return sections_of(customer)


def on_erasure_asked(customer: Customer, **_kwargs: Any) -> list[str]:
    """Return which tickets the person is still needed for."""
    return reasons_against(customer)


def on_erasing(customers: Sequence[UUID], now: dt.datetime, **_kwargs: Any) -> None:
    """Take the words of these people out of their tickets."""
    erase_customers(customers, now=now)
