"""The bell, the list of what waits, and how a person wants to hear of it."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servicedesk.core.access import reader
from servicedesk.core.actions.notifications import save_choices
from servicedesk.core.models import (
    Notification,
    NotificationChoice,
    QuietHours,
    Way,
)
from servicedesk.core.notifications import queries
from servicedesk.core.notifications.forms import PreferencesForm, field_of, kinds_for
from servicedesk.core.notifications.notify import mark_read
from servicedesk.core.notifications.registry import concerns
from servicedesk.core.notifications.words import sentence_of, url_of


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List what waits, unread first."""
    user = reader(request)
    before = _key(request.GET.get("before", ""))
    unread, read_ones, more = queries.page_of(user, before=before)
    context = {
        "unread": [_line(row) for row in unread if concerns(user, row.kind)],
        "read": [_line(row) for row in read_ones if concerns(user, row.kind)],
        "url": request.get_full_path(),
        "live": f"user:{user.pk}",
        "next_url": f"{request.path}?before={read_ones[-1].pk}" if more else "",
        "newer_url": request.path if before else "",
    }
    return render(request, "notifications/list.html", context)


@never_cache
@login_required
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """Give the bell again, and a toast for the new one that a script names."""
    user = reader(request)
    count = queries.unread_count(user)
    context = {"count": queries.count_words(count), "here": False}
    response = render(request, "notifications/_bell.html", context)
    named = _key(request.GET.get("new", ""))
    new = queries.unread_of(user).filter(pk=named).first() if named else None
    if new is not None and concerns(user, new.kind):
        toast = {"toast": {"text": sentence_of(new), "level": "info"}}
        response["HX-Trigger"] = json.dumps(toast)  # ASCII, whatever the language
    return response


@login_required
@require_GET
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go to where a notification leads; it has been read with that."""
    row = _mine(request, pk)
    mark_read(user=reader(request), pk=row.pk, now=now())
    return redirect(url_of(row))


@login_required
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one as read without going there."""
    row = _mine(request, pk)
    mark_read(user=reader(request), pk=row.pk, now=now())
    return redirect("notifications:list")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    mark_read(user=reader(request), now=now())
    return redirect("notifications:list")


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and save how the person wants to hear of things."""
    user = reader(request)
    form = _form(user, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"form": form}
        return render(request, "notifications/preferences.html", context, status=status)
    wanted = form.cleaned_data
    save_choices(
        user=user,
        ways={kind.key: Way(wanted[field_of(kind)]) for kind in kinds_for(user)},
        quiet={name: wanted[name] for name in PreferencesForm.Meta.fields},
    )
    messages.success(request, _("Saved."))
    return redirect("notifications:preferences")


def _form(user: AbstractBaseUser, data: Any) -> PreferencesForm:
    chosen = kinds_for(user)
    mine = dict(
        NotificationChoice.objects.filter(user=user.pk).values_list("kind", "way")
    )
    quiet = QuietHours.objects.filter(user=user.pk).first()
    initial = {field_of(kind): mine.get(kind.key, kind.way) for kind in chosen}
    return PreferencesForm(data, chosen=chosen, instance=quiet, initial=initial)


def _mine(request: HttpRequest, pk: UUID) -> Notification:
    row = Notification.objects.filter(user=reader(request).pk, pk=pk).first()
    if row is None:
        raise Http404
    return row


def _line(row: Notification) -> dict[str, Any]:
    return {"row": row, "text": sentence_of(row)}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
