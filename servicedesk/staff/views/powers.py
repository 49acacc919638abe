"""What opens customers' data to somebody, and waits for a second person (双人授权)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from servicedesk.core.access import Unseen, require
from servicedesk.core.errors import RuleError
from servicedesk.core.tasks import nudge_notifications
from servicedesk.staff.actions.access import ask_for_account
from servicedesk.staff.actions.access_decide import confirm_access, drop_access
from servicedesk.staff.forms import WhyForm, given
from servicedesk.staff.models import (
    AccessKind,
    AccessProposal,
    ChangeState,
    User,
)
from servicedesk.staff.queries import access as queries
from servicedesk.staff.queries.leaving import MANAGE
from servicedesk.staff.views import by_two

SHOWN: Final = 30
UNPROCESSABLE = 422
LETTERS: Final = 200


@login_required
@require_GET
def powers(request: HttpRequest) -> HttpResponse:
    """List what waits, with what there is to know of it, and what was decided."""
    user, moment = _reader(request), now()
    rows = queries.proposals().prefetch_related(
        "user__memberships__team", "group__user_set"
    )
    held = rows.filter(state=ChangeState.WAITING)[:LETTERS]
    over = rows.exclude(state=ChangeState.WAITING)[:SHOWN]
    named = _named([*held, *over])
    seconds = queries.seconds()
    prefetch_related_objects([user], "groups")
    context = {
        "waiting": [
            _line(each, user, moment, named) | _waiting(each, user, seconds)
            for each in held
        ],
        "changes": [_line(each, user, moment, named) for each in over],
    }
    return render(request, "staff/powers.html", context)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put it in force; a new password is shown this once, to be handed over."""
    user = _reader(request)
    change = get_object_or_404(AccessProposal, pk=pk)
    note = request.POST.get("note", "")[:LETTERS]
    try:
        made = confirm_access(change=change, by=user, now=now(), note=note)
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("staff:powers")
    nudge_notifications()
    if made:
        context = {"person": change.user, "password": made}
        return render(request, "staff/handed.html", context)
    messages.success(request, _("Confirmed: it holds now."))
    return redirect("staff:powers")


@login_required
@require_POST
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decline it with a reason, or withdraw one's own."""
    user = _reader(request)
    change = get_object_or_404(AccessProposal, pk=pk)
    note = request.POST.get("note", "")[:LETTERS]
    try:
        drop_access(change=change, by=user, now=now(), note=note)
    except RuleError as refusal:
        messages.error(request, str(refusal))
    return redirect("staff:powers")


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Ask for a new password, or for the removal of a lost second factor."""
    by = cast("User", request.user)
    require(by, MANAGE)
    user = User.objects.filter(pk=pk).first()
    if user is None or kind not in {AccessKind.PASSWORD, AccessKind.FACTOR}:
        raise Http404
    if not by.is_staff or (user.is_superuser and not by.is_superuser):
        raise Unseen(user)
    form = WhyForm(given(request))
    if form.is_valid():
        why, wanted = form.cleaned_data["why"], AccessKind(kind)
        try:
            ask_for_account(user=user, kind=wanted, by=by, why=why, now=now())
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_notifications()
            messages.success(request, _("It waits for a second person."))
            return redirect("staff:powers")
    context = {
        "form": form,
        "person": user,
        "title": AccessKind(kind).label,
        "password": kind == AccessKind.PASSWORD,
        "cancel_url": reverse("admin:staff_user_change", args=[pk]),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "staff/power_ask.html", context, status=status)


def _reader(request: HttpRequest) -> User:
    user = cast("User", request.user)
    require(user, queries.CONFIRM)
    return user


def _named(found: list[AccessProposal]) -> dict[str, str]:
    """Return what the permissions in these proposals are called, by one query."""
    names = {name for each in found for name in each.values.get("permissions", ())}
    if not names:
        return {}
    held = queries.permissions_named(names)
    return {queries.name_of(each): queries.label_of(each) for each in held}


def _line(
    change: AccessProposal, user: User, moment: dt.datetime, named: Mapping[str, str]
) -> dict[str, Any]:
    return by_two.line(change, user, at=moment) | {
        "title": change.label,
        "why": change.why,
        "note": change.note,
        "values": _facts(_said(change, named)),
    }


def _waiting(
    change: AccessProposal, user: User, seconds: queries.Seconds
) -> dict[str, Any]:
    """Return what the second person should know, and may do."""
    refused = queries.hindrance(change, user, seconds.given)
    names = [str(each) for each in seconds.of(change)]
    confirm = reverse("staff:power-confirm", args=[change.pk])
    return {
        "known": _facts(_known(change)),
        "noted": True,
        "hindered": "" if change.by_id == user.pk else refused,
        "waits_for": ", ".join(names),
        "nobody": not names,
        "confirm_url": "" if refused else confirm,
        "drop_url": reverse("staff:power-drop", args=[change.pk]),
    }


def _facts(found: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "after": value} for name, value in found]


def _said(change: AccessProposal, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what was asked for in particular."""
    values = change.values
    if change.kind == AccessKind.PERMISSIONS:
        said = [named.get(each, each) for each in values["permissions"]]
        return [(_("May do from then on"), "; ".join(said))]
    if change.kind == AccessKind.EMAIL:
        both = f"{change.before['email']} → {values['email']}"
        return [(_("E-mail address"), both)]
    if change.kind == AccessKind.TEAM and values.get("lead"):
        return [(_("In the team"), _("leads the team"))]
    return []


def _known(change: AccessProposal) -> list[tuple[str, str]]:
    """Return what whoever confirms should know of the account, or of the role."""
    if change.user is None:
        people = change.group.user_set.all() if change.group else []
        names = ", ".join(sorted(str(each) for each in people))
        return [(_("Who has the role"), names or _("Nobody"))]
    person = change.user
    teams = ", ".join(str(each.team) for each in person.memberships.all())
    giver = person.password_given_by
    handed = str(giver or "–")
    if giver is not None and giver.pk == change.by_id:
        handed = _("%(name)s, who asks") % {"name": giver}
    chosen = person.password_given_at is None
    return [
        (_("Account"), f"{person.username} · {person.email}"),
        (_("Teams"), teams or pgettext("teams", "None")),
        (_("Password handed over by"), handed),
        (_("Has chosen one of their own"), _("Yes") if chosen else _("No")),
    ]
