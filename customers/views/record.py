"""The page of one customer, and its parts: each a page of its own without a script."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now

from customers import permissions
from customers.models import Customer, Field
from customers.queries import masks, merges, record, timeline
from customers.views.ask import address, on_customer
from customers.views.one import staff
from servicedesk.core.access import may, require


@on_customer(looks=True)
def customer(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show the record: who it is, how to reach them, and what happened so far."""
    user = staff(request)
    context = _frame(request, customer, "timeline") | {
        "facts": record.facts(customer, user),
        "contacts": record.contacts(customer, user),
        "people": record.people(customer, user),
        "panels": record.panels(customer, user),
        "merges": merges.of(customer, user),
        "timeline_url": reverse("customers:timeline", args=[customer.number]),
    }
    return render(request, "customers/customer.html", context)


@on_customer()
def timeline_of(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show what happened, newest first, of all kinds or of one."""
    user = staff(request)
    kind = request.GET.get("kind", "")
    before = timeline.read_cursor(request.GET.get("before", ""))
    entries, following = timeline.page_of(customer, user, kind=kind, before=before)
    base = reverse("customers:timeline", args=[customer.number])
    kept = {"kind": kind} if kind else {}
    context = {
        "entries": entries,
        "kinds": _kinds(base, kind),
        "filtered": bool(kind),
        "next_url": address(base, kept | {"before": following}) if following else "",
        "newer_url": address(base, kept) if before else "",
    }
    return _part(request, customer, "timeline", context)


@on_customer()
def purchases(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show what the customer bought."""
    require(staff(request), permissions.VIEW_PURCHASES)
    changing = may(staff(request), permissions.ADD_PURCHASE)
    rows = [
        {
            "row": each,
            "status_url": reverse(
                "customers:purchase-status", args=[customer.number, each.pk]
            )
            if changing and customer.erased_at is None
            else "",
        }
        for each in record.purchases(customer)
    ]
    return _part(request, customer, "purchases", {"rows": rows})


@on_customer()
def payments(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show how was paid, to those who hold a grant for it."""
    require(staff(request), permissions.VIEW_PURCHASES)
    found = masks.payments_of(customer, staff(request))
    rows = [
        {
            "row": each,
            "account": masks.shown(Field.ACCOUNT, each.account, staff(request)),
        }
        for each in found or []
    ]
    return _part(
        request, customer, "payments", {"rows": rows, "opened": found is not None}
    )


@on_customer()
def consents(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show what was agreed to, and on which other basis data are used."""
    changing = may(staff(request), permissions.CHANGE) and customer.erased_at is None
    rows = [
        {
            "row": each,
            "withdraw_url": reverse(
                "customers:consent-withdraw", args=[customer.number, each.pk]
            )
            if changing and each.withdrawn_at is None
            else "",
        }
        for each in record.consents(customer)
    ]
    return _part(request, customer, "consents", {"rows": rows})


@on_customer()
def history(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show who changed what, when; never the values."""
    before = timeline.read_cursor(request.GET.get("before", ""))
    rows, following = record.history(customer, before)
    base = reverse("customers:history", args=[customer.number])
    context = {
        "rows": rows,
        "next_url": address(base, {"before": following}) if following else "",
        "newer_url": base if before else "",
    }
    return _part(request, customer, "history", context)


def _frame(request: HttpRequest, customer: Customer, tab: str) -> dict[str, Any]:
    user = staff(request)
    return {
        "record": record.head(customer, user, now=now()),
        "tabs": record.tabs(customer, user, tab),
    }


def _part(
    request: HttpRequest, customer: Customer, name: str, context: dict[str, Any]
) -> HttpResponse:
    """Answer a script with the part alone, and everybody else with a page around it."""
    context |= {
        "number": customer.number,
        "acts": record.acts(customer, staff(request)),
    }
    htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx
    if htmx and not htmx.history_restore_request:
        return render(request, f"customers/_{name}.html", context)
    context |= _frame(request, customer, name) | {"part": f"customers/_{name}.html"}
    return render(request, "customers/part.html", context)


def _kinds(base: str, current: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": address(base, {"kind": key} if key else {}),
            "current": key == current,
        }
        for key, label in [("", timeline.ALL), *timeline.kinds()]
    ]
