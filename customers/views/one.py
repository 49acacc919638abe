"""Fetch the customer of a page: the one way to a record."""

from typing import cast

from django.http import Http404, HttpRequest
from django.utils import timezone

from customers.actions.honey import touched
from customers.models import AlarmHow, Customer
from servicedesk.audit.actions import record_view
from servicedesk.core.access import Unseen, fetch, reader
from servicedesk.staff.models import User


def staff(request: HttpRequest) -> User:
    """Return the person who is signed in."""
    return cast("User", reader(request))


def one_customer(
    request: HttpRequest, number: int, act: str | None = None, *, looks: bool = False
) -> Customer:
    """Return the customer if the reader may see it, and may do `act`; else 404 or 403.

    With `looks` the audit log says that the record was opened. A number that nobody has
    is a refusal in the log like one that is not for the reader: neither what is written
    nor the time that it takes tells them apart, and who counts through is seen.
    """
    rows = Customer.objects.select_related("team")
    try:
        found = fetch(rows, staff(request), act=act, number=number)
    except Unseen:
        raise
    except Http404:
        raise Unseen from None
    if looks:
        record_view(instance=found, by=staff(request), now=timezone.now())
    touched([found.pk], how=AlarmHow.VIEW, by=staff(request), now=timezone.now())
    return found
