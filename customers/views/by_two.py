"""What waits for another person, as a list with its buttons, and what they do."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now

from customers.models import ChangeByTwo
from customers.views.one import staff
from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from servicedesk.staff.views.by_two import line

SHOWN: Final = 20
Naming = Callable[[str, Any], tuple[str, Any]]
"""From the key of a value and the value to what both are called."""


def lines(
    model: type[ChangeByTwo], user: User, *, page: str, naming: Naming, at: dt.datetime
) -> list[dict[str, Any]]:
    """Return the newest changes; `page` names the address to confirm and to drop."""
    rows = model.objects.select_related("by", "decided_by").order_by("-pk")
    return [_line(each, user, page, naming, at) for each in rows[:SHOWN]]


def decide(
    request: HttpRequest,
    change: ChangeByTwo,
    act: Callable[..., object],
    *,
    back: str,
) -> HttpResponse:
    """Confirm or drop a change, and lead back; a refusal is said there."""
    try:
        act(change=change, by=staff(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


def found(
    request: HttpRequest, model: type[ChangeByTwo], pk: object, permission: str
) -> Any:
    """Return a change for whoever may decide about it; others learn of none."""
    require(staff(request), permission)
    return get_object_or_404(model, pk=pk)


def _line(
    change: ChangeByTwo, user: User, page: str, naming: Naming, at: dt.datetime
) -> dict[str, Any]:
    shown = line(change, user, at=at)
    confirm, drop = f"{page}-confirm", f"{page}-drop"
    return shown | {
        "confirm_url": ""
        if shown["mine"]
        else reverse(confirm, kwargs={"pk": change.pk}),
        "drop_url": reverse(drop, kwargs={"pk": change.pk}),
        "values": [
            {
                "name": naming(key, value)[0],
                "before": naming(key, change.before.get(key))[1],
                "after": naming(key, value)[1],
            }
            for key, value in change.values.items()
        ],
    }
