"""Pairs of records that may be one person: look, merge, or say that they are two."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers import permissions
from customers.actions.doubles import tell_apart
from customers.models import PossibleDouble
from customers.queries import doubles, listing
from customers.views.ask import posted
from customers.views.one import staff
from servicedesk.core.access import Unseen, may
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

HERE = "customers:possible-doubles"


@login_required
@require_GET
def possible_doubles(request: HttpRequest) -> HttpResponse:
    """List the pairs that wait for a decision."""
    user = staff(request)
    if not doubles.may_ask(user):
        raise Unseen
    before = listing.read_cursor(request.GET.get("before", ""))
    found, following = doubles.page_of(user, before=before)
    base = reverse(HERE)
    context = {
        "pairs": [_line(each, user) for each in found],
        "tabs": tabs(user, base),
        "next_url": f"{base}?before={following}" if following else "",
        "newer_url": base if before else "",
    }
    return render(request, "customers/possible_doubles.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask first, then say that the two are not the same person."""
    user = staff(request)
    double = doubles.waiting(user).filter(pk=pk).first()
    if double is None:
        raise Http404
    form = forms.Form(posted(request))
    if form.is_valid():
        try:
            tell_apart(double=double, by=user, now=now())
        except RuleError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Noted: they are two."))
        return redirect(HERE)
    context = {
        "title": _("Not the same person?"),
        "explanation": _(
            "%(one)s and %(other)s stay two records, and this pair is not shown again."
        )
        % {"one": double.one.code, "other": double.other.code},
        "form": form,
        "submit_label": _("They are two"),
        "action_url": request.path,
        "cancel_url": reverse(HERE),
    }
    return render(request, "customers/ask.html", context)


def tabs(user: User, current: str) -> list[dict[str, Any]]:
    """Return the two lists of what may be double, for those who have both."""
    if not may(user, permissions.MERGE):
        return []
    pages = {
        reverse("customers:duplicates"): _("Look alike"),
        reverse(HERE): _("Possible duplicates"),
    }
    return [
        {"label": label, "url": url, "current": url == current}
        for url, label in pages.items()
    ]


def _line(double: PossibleDouble, user: User) -> dict[str, Any]:
    # The older record stays, as a rule: it is the one that others know.
    older, newer = sorted((double.one, double.other), key=lambda each: each.number)
    merge_url = ""
    if doubles.can_merge(double, user):
        merge_url = reverse("customers:merge-two", args=[older.number, newer.number])
    return {
        "records": [(each.code, each.team) for each in (older, newer)],
        "by": double.found_by,
        "at": double.found_at,
        "merge_url": merge_url,
        "dismiss_url": reverse("customers:possible-double-dismiss", args=[double.pk]),
    }
