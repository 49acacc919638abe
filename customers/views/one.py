"""Fetch the customer of a page: the one way to a record."""

from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from customers.actions.honey import touched
from customers.models import AlarmHow, Customer
from servicedesk.audit.actions import record_view
from servicedesk.core.access import fetch, reader
from servicedesk.staff.models import User


def staff(request: HttpRequest) -> User:
    """Return the person who is signed in."""
    return cast("User", reader(request))


def one_customer(
    request: HttpRequest, number: int, act: str | None = None, *, looks: bool = False
) -> Customer:
    """Return the customer if the reader may see it, and may do `act`; else 404 or 403.

    With `looks` the audit log says that the record was opened.
    """
    found = fetch(
        Customer.objects.select_related("team"), staff(request), act=act, number=number
    )
    if looks:
        record_view(instance=found, by=staff(request), now=timezone.now())
    touched([found.pk], how=AlarmHow.VIEW, by=staff(request), now=timezone.now())
    return found
