"""Access alarms: look at them, say what came of one, lift a block."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.actions.watch import acknowledge, lift
from customers.forms.alarms import AlarmFilter, WordForm
from customers.models import AccessAlarm, AlarmKind
from customers.permissions import HONEY, SET_LIMITS, WATCH
from customers.views.one import staff
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError

UNPROCESSABLE = 422
PAGE = 50


@login_required
@require_safe
def alarm_list(request: HttpRequest) -> HttpResponse:
    """Show alarms, newest first, narrowed as asked."""
    user = staff(request)
    require(user, WATCH)
    form = AlarmFilter(request.GET)
    rows: list[AccessAlarm] = []
    if form.is_valid():
        rows = _page(form.narrow(AccessAlarm.objects.all()), request.GET.get("after"))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    asked = {name: request.GET.get(name, "") for name in form.fields}
    base = reverse("customers:alarms")
    query = urlencode({key: value for key, value in asked.items() if value})
    after = urlencode({"after": rows[-1].pk}) if more else ""
    context = {
        "form": form,
        "rows": [_row(each, user.pk) for each in rows],
        "filtered": bool(query),
        "url": base,
        "limits_url": reverse("customers:limits") if may(user, SET_LIMITS) else "",
        "honey_url": reverse("customers:honey") if may(user, HONEY) else "",
        "newer_url": f"{base}?{query}" if request.GET.get("after") else "",
        "next_url": f"{base}?{query}&{after}" if more else "",
    }
    status = 200 if form.is_valid() else UNPROCESSABLE
    return render(request, "customers/alarms.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def acknowledge_it(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what came of an alarm."""
    alarm = _one(request, pk)
    form = WordForm(request.POST or None)
    if form.is_valid():
        try:
            acknowledge(
                alarm=alarm,
                word=form.cleaned_data["word"],
                by=staff(request),
                now=now(),
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Acknowledged."))
            return redirect("customers:alarms")
    return _act(request, alarm, form, _("Acknowledge the alarm"), _("Acknowledge"))


@login_required
@require_http_methods(["GET", "POST"])
def lift_it(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let somebody reveal again."""
    alarm = _one(request, pk)
    form = forms.Form(request.POST or None)
    if request.method == "POST":
        try:
            lift(alarm=alarm, by=staff(request), now=now())
        except RuleError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The person can reveal again."))
        return redirect("customers:alarms")
    return _act(request, alarm, form, _("Let the person reveal again?"), _("Lift"))


def _one(request: HttpRequest, pk: UUID) -> AccessAlarm:
    require(staff(request), WATCH)
    found = AccessAlarm.objects.select_related("user").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _act(
    request: HttpRequest, alarm: AccessAlarm, form: forms.Form, title: str, submit: str
) -> HttpResponse:
    context = {
        "title": title,
        "why": f"{alarm.get_kind_display()} · {alarm.user or '–'}",
        "form": form,
        "submit_label": submit,
        "action_url": request.path,
        "cancel_url": reverse("customers:alarms"),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/alarm_act.html", context, status=status)


def _page(rows: Any, cursor: str | None) -> list[AccessAlarm]:
    rows = rows.select_related("user", "seen_by", "lifted_by").order_by("-pk")
    try:
        return list((rows.filter(pk__lt=cursor) if cursor else rows)[: PAGE + 1])
    except ValidationError:
        return list(rows[: PAGE + 1])


def _row(alarm: AccessAlarm, reader: int) -> dict[str, Any]:
    own = alarm.user_id == reader
    blocks = alarm.kind == AlarmKind.BLOCKED and alarm.lifted_at is None
    return {
        "alarm": alarm,
        "kind": alarm.get_kind_display(),
        "how": alarm.get_how_display(),
        "who_url": reverse("customers:access-of", args=[alarm.user_id])
        if alarm.user_id
        else "",
        "blocks": blocks,
        "seen_url": ""
        if alarm.seen_at or own
        else reverse("customers:acknowledge", args=[alarm.pk]),
        "lift_url": reverse("customers:lift", args=[alarm.pk])
        if blocks and not own
        else "",
    }
