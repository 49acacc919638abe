"""The list of follow-ups, and writing down what a call brought."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from customers.queries.masks import name_of
from servicedesk.core.access import fetch, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from servicedesk.staff.queries import channels_of
from tickets import permissions
from tickets.actions import calls
from tickets.actions.follow_up import record_call
from tickets.forms.follow_up import RecordCallForm
from tickets.models import (
    TRIES,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    Ticket,
)
from tickets.queries import follow_ups as queries
from tickets.views.workspace import staff

UNPROCESSABLE = 422


@login_required
@require_GET
def follow_ups(request: HttpRequest) -> HttpResponse:
    """List the follow-ups that are owed, and those done lately."""
    user, moment = staff(request), now()
    require(user, permissions.VIEW_FOLLOW_UPS)
    tab = queries.tab_of(request.GET.get("tab", ""))
    after = queries.cursor_from(request.GET.get("after", ""))
    found = list(queries.page_of(tab, user, after=after, now=moment))
    more = len(found) > queries.PAGE
    found = found[: queries.PAGE]
    following = queries.cursor_of(tab, found[-1]) if more else ""
    context = {
        "tabs": _tabs(tab, queries.counts(user, now=moment)),
        "done": tab.newest_first,
        "rows": queries.rows_of(found, user, now=moment),
        "next_url": _address(tab, after=str(following)) if more else "",
        "newer_url": _address(tab) if after else "",
        "empty": _empty(tab),
        "url": request.get_full_path(),
        "live": " ".join(channels_of(user)),
    }
    return render(request, "tickets/follow_ups.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask how the call ended, and write it down; a refusal comes back with 422."""
    user = staff(request)
    found = FollowUp.objects.select_related("ticket__customer", "ticket__team")
    row = fetch(found, user, act=permissions.RECORD_FOLLOW_UP, pk=pk)
    ticket = row.ticket
    form = RecordCallForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            row = record_call(follow_up=row, by=user, now=now(), **form.cleaned_data)
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _done(row, ticket))
            return _go(request, _back(request))
    return _page(request, ticket, row, form)


def _page(
    request: HttpRequest, ticket: Ticket, row: FollowUp, form: RecordCallForm
) -> HttpResponse:
    back = _back(request)
    query = f"?{urlencode({'next': back})}" if "next" in request.GET else ""
    context: dict[str, Any] = {
        "title": _("Record the follow-up call"),
        "explanation": _explanation(ticket, row, staff(request)),
        "form": form,
        "submit_label": _("Record the call"),
        "danger": False,
        "action_url": reverse("tickets:follow-up-record", args=[row.pk]) + query,
        "cancel_url": back,
        # This dialog also opens on pages that show no conversation.
        "target": "#action",
    }
    in_dialog = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    part = "tickets/_action.html" if in_dialog else "tickets/action.html"
    # Refused, it goes back into the dialog: static/js/dialog.js sees to that.
    return render(request, part, context, status=UNPROCESSABLE if form.errors else 200)


def _explanation(ticket: Ticket, row: FollowUp, user: User) -> str:
    """Say who is to be called about what; the number is revealed on the ticket only."""
    words = _(
        "%(customer)s, about “%(subject)s”. Call %(number)s of at most %(most)s."
    ) % {
        "customer": name_of(ticket.customer, user),
        "subject": ticket.subject,
        "number": min(row.tries + 1, TRIES),
        "most": TRIES,
    }
    return format_html(
        '{} {} <a href="{}">{}</a>',
        words,
        calls.objection(row, FollowUpOutcome.UNREACHABLE, now=now()),
        reverse("tickets:ticket", args=[ticket.number]),
        _("The ticket %(number)s, with the phone number") % {"number": ticket.number},
    )


def _done(row: FollowUp, ticket: Ticket) -> str:
    if row.stage != FollowUpStage.DONE:
        words = _(
            "%(number)s: nobody answered, call %(tries)s of %(most)s. "
            "The next try counts from %(time)s on."
        )
        return words % {
            "number": ticket.number,
            "tries": row.tries,
            "most": TRIES,
            "time": calls.told(row.next_try_at) if row.next_try_at else "",
        }
    words = {
        FollowUpOutcome.SATISFIED: _("%(number)s is solved and closed."),
        FollowUpOutcome.NOT_SATISFIED: _(
            "%(number)s is open again, at the second level."
        ),
        FollowUpOutcome.UNREACHABLE: _(
            "%(number)s is closed: the customer could not be reached."
        ),
    }[FollowUpOutcome(row.outcome)]
    return words % {"number": ticket.number}


def _back(request: HttpRequest) -> str:
    """Return where the person came from, if it is one of our pages."""
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return reverse("tickets:follow-ups")


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _tabs(current: queries.Tab, counted: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "label": tab.label,
            "url": _address(tab),
            "current": tab.key == current.key,
            "count": counted.get(tab.key, ""),
        }
        for tab in queries.TABS
    ]


def _address(tab: queries.Tab, **query: str) -> str:
    return f"{reverse('tickets:follow-ups')}?{urlencode({'tab': tab.key, **query})}"


def _empty(tab: queries.Tab) -> dict[str, str]:
    title, text = {
        "mine": (
            _("No call is due from you"),
            _("A customer who has not answered within a day is yours to call."),
        ),
        "team": (
            _("Your teams owe no follow-up"),
            _("Each resolved ticket is asked about within 48 hours."),
        ),
        "missed": (
            _("No follow-up was missed"),
            _("What nobody followed up within 48 hours appears here."),
        ),
        "done": (
            _("Nothing was followed up lately"),
            _("The follow-ups of the last 30 days appear here."),
        ),
    }[tab.key]
    return {"title": title, "text": text, "action_url": "", "action_label": ""}
