"""Search: a form that is posted, and results whose address carries no words."""

import datetime as dt
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from servicedesk.audit.actions import record_found
from servicedesk.core.access import require
from servicedesk.core.search.asked import Asked
from servicedesk.core.search.words import fold
from servicedesk.staff.models import User
from tickets import permissions
from tickets.actions.search import keep_search
from tickets.forms.search import SearchForm
from tickets.models import Search, Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.queries import found, rows
from tickets.queries import search as queries
from tickets.views.workspace import staff

UNPROCESSABLE = 422
_NUMBER = re.compile(r"SD-\d{4}-\d{6,12}")
_BEST = "best"


@login_required
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Show how to search, or keep what was typed and go where it was found."""
    user = staff(request)
    require(user, permissions.VIEW)
    if request.method == "GET":
        context = {"form": SearchForm(None, user=user, first=True), "begin": True}
        return render(request, "tickets/search.html", context)
    form = SearchForm(request.POST, user=user)
    if "words" not in _checked(form):
        context = {"form": form, "begin": True}
        return render(request, "tickets/search.html", context, status=UNPROCESSABLE)
    words = form.cleaned_data["words"]
    number = fold(words).upper()
    if _NUMBER.fullmatch(number) and _seen(user).filter(number=number).exists():
        return redirect("tickets:ticket", number)
    kept = keep_search(words=words, by=user, now=now())
    query = form.filters() | _sort(request.POST.get("sort", ""))
    return redirect(_address(kept, query))


@login_required
@require_GET
def results(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a page of what was found. Somebody else's search is as good as forgotten."""
    user, moment = staff(request), now()
    require(user, permissions.VIEW)
    kept = Search.objects.filter(pk=pk, user=user).first()
    form = SearchForm(_given(request, kept), user=user)
    if kept is None or "words" not in _checked(form):
        messages.info(request, _("That search is no longer kept. Type it again."))
        return redirect("tickets:search")
    best = request.GET.get("sort") == _BEST
    asked = form.asked(form.cleaned_data["words"])
    query = form.filters() | _sort(request.GET.get("sort", ""))
    context = {
        "form": form,
        "best": best,
        "sorts": _sorts(kept, form.filters(), best=best),
        "much": asked.much,
        "narrowed": bool(form.filters()),
        "all_url": _address(kept, _sort(_BEST if best else "")),
    }
    after = request.GET.get("after", "")
    try:
        page = queries.find(asked, user, form.narrow(moment), best=best, after=after)
    except queries.TooMuchError:
        return render(request, "tickets/search.html", context | {"too_many": True})
    following = _address(kept, query | {"after": page.following})
    hits = _hits(page.hits, asked, user, moment)
    shown = [each["ticket"] for each in hits]
    record_found(search=kept, shown=shown, by=user, now=moment)
    context |= {
        "hits": hits,
        "next_url": following if page.following else "",
        "newer_url": _address(kept, query) if after else "",
    }
    return render(request, "tickets/search.html", context)


def _hits(
    found_hits: list[queries.Hit], asked: Asked, user: User, moment: dt.datetime
) -> list[dict[str, Any]]:
    """Return the rows of the tickets, each with where it was found."""
    wanted = _seen(user).filter(pk__in=[key for _at, key in found_hits])
    tickets = {each.pk: each for each in rows.with_names(wanted).defer(None)}
    hits = [(at, tickets[key]) for at, key in found_hits if key in tickets]
    ordered = [ticket for _at, ticket in hits]
    where = found.found_in(ordered, asked, user)
    made = rows.rows_of(ordered, reader=user, now=moment)
    # The time is that of the order: when something was last written.
    return [
        {"row": replace(row, at=at), "found": where[ticket.pk], "ticket": ticket}
        for (at, ticket), row in zip(hits, made, strict=True)
    ]


def _seen(user: User) -> TicketQuerySet:
    return Ticket.objects.visible_to(user)


def _given(request: HttpRequest, kept: Search | None) -> dict[str, str]:
    words = kept.words if kept and isinstance(kept.words, str) else ""
    return request.GET.dict() | {"words": words}


def _checked(form: SearchForm) -> dict[str, Any]:
    """Return what is right in the form: a filter that nobody knows is no filter."""
    form.is_valid()
    return form.cleaned_data


def _sort(wanted: str) -> dict[str, str]:
    return {"sort": _BEST} if wanted == _BEST else {}


def _sorts(
    kept: Search, filters: dict[str, str], *, best: bool
) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Newest first"),
            "url": _address(kept, filters),
            "current": not best,
        },
        {
            "label": _("Best match"),
            "url": _address(kept, filters | _sort(_BEST)),
            "current": best,
        },
    ]


def _address(kept: Search, query: dict[str, str]) -> str:
    address = reverse("tickets:search-results", args=[kept.pk])
    return f"{address}?{urlencode(query)}" if query else address
