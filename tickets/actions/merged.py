"""Have the tickets of a customer follow when two records are made one, and go back."""

import uuid
from collections.abc import Iterable

from customers.models import Customer
from tickets.models import Ticket


def follow(*, kept: Customer, gone: Customer) -> list[uuid.UUID]:
    """Make the tickets of one record another's; return their keys."""
    tickets = Ticket.objects.filter(customer=gone)
    keys = list(tickets.select_for_update().order_by("pk").values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=keys).update(customer=kept)
    return keys


def go_back(*, kept: Customer, gone: Customer, keys: Iterable[str]) -> None:
    """Give tickets back to the record that they came from, if they are still there."""
    Ticket.objects.filter(pk__in=list(keys), customer=kept).update(customer=gone)
