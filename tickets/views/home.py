"""The start page: what must I do now, by role."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from servicedesk.core.access import may
from servicedesk.core.models import BusinessCalendar
from servicedesk.staff.models import Role, Team, User
from servicedesk.staff.queries import channels_of, withheld
from servicedesk.staff.views.clearance import lacking
from tickets import permissions
from tickets.models import Category, PriorityRule, ServiceLevel
from tickets.queries import home as queries
from tickets.views.workspace import staff

NOON, EVENING = 12, 18
SETTINGS: tuple[type[Model], ...] = (
    User,
    Team,
    Role,
    Category,
    PriorityRule,
    ServiceLevel,
    BusinessCalendar,
)


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person, and where their work is."""
    user, moment = staff(request), now()
    sections = [
        section | {"url": _address(section["duty"])}
        for section in queries.sections(user, queries.duties_of(user), now=moment)
    ]
    links, missed = _settings(user), lacking(user)
    request.clearance_told = bool(missed)  # type: ignore[attr-defined]
    context = {
        "lacking": missed,
        "withheld": withheld(user),
        "greeting": _greeting(user, localtime(moment).hour),
        "sections": sections,
        "links": links,
        "nothing": None if sections or links or missed else _nothing(user),
        "live": " ".join(channels_of(user)),
    }
    return render(request, "tickets/home.html", context)


def _address(duty: queries.Duty) -> str:
    if duty.queue:
        return f"{reverse('tickets:inbox')}?{urlencode({'queue': duty.queue})}"
    if duty.tab:
        return f"{reverse('tickets:follow-ups')}?{urlencode({'tab': duty.tab})}"
    return ""


def _greeting(user: User, hour: int) -> str:
    if hour < NOON:
        words = pgettext("greeting", "Good morning, %(name)s")
    elif hour < EVENING:
        words = pgettext("greeting", "Good afternoon, %(name)s")
    else:
        words = pgettext("greeting", "Good evening, %(name)s")
    return words % {"name": user}


def _settings(user: User) -> list[dict[str, Any]]:
    """Return links to the settings that the person may change, in Django admin."""
    if not user.is_staff:
        return []
    links = []
    for model in SETTINGS:
        meta = model._meta
        if not admin.site.is_registered(model):
            continue
        if may(user, f"{meta.app_label}.change_{meta.model_name}"):
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            links.append({"label": meta.verbose_name_plural, "url": url})
    return links


def _nothing(user: User) -> dict[str, str]:
    """Say what a person can do here today who has no duties of this page."""
    if may(user, permissions.VIEW):
        return {
            "title": _("Nothing waits for you"),
            "text": _(
                "You can read the tickets of your teams and write notes on them."
            ),
            "action_url": reverse("tickets:inbox"),
            "action_label": _("Open the inbox"),
        }
    return {
        "title": _("Nothing waits for you"),
        "text": _(
            "Your roles have no work with tickets. You can see to your profile and to "
            "how you sign in; an administrator gives you further roles."
        ),
        "action_url": reverse("staff:profile"),
        "action_label": _("Open your profile"),
    }
