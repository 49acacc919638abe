"""The switches in the menu: presence, appearance, language."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from servicedesk.core.limits import allowed
from servicedesk.core.views import too_many
from servicedesk.staff.actions import preferences
from servicedesk.staff.actions.presence import set_presence
from servicedesk.staff.forms import PresenceForm, ThemeForm
from servicedesk.staff.models import PresenceState, Theme, User

LANGUAGE_SWITCHES = 60
"""So often a minute may a visitor choose another language."""


@login_required
@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Set one's presence."""
    form = PresenceForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    state = PresenceState(form.cleaned_data["state"])
    user = cast("User", request.user)
    set_presence(user=user, state=state, now=timezone.now())
    return _back(request)


@login_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Set light, dark, or what the device says."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    wanted = Theme(form.cleaned_data["theme"])
    preferences.set_theme(user=cast("User", request.user), theme=wanted)
    return _back(request)


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Set the language: for this browser, and for the account of whoever is signed in."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated and wanted in dict(settings.LANGUAGES):
        preferences.set_language(user=request.user, language=wanted)
    elif not allowed(request, "language", limit=LANGUAGE_SWITCHES, seconds=60):
        return too_many(request)
    return set_language(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Return to where the switch was; htmx and scripts stay where they are."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if safe else "staff:profile")
