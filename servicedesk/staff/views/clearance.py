"""What somebody lacks, in words, and with the way to it: on every page that is closed."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servicedesk.staff.clearance import Lack
from servicedesk.staff.models import User
from servicedesk.staff.queries import asked_from, missing, training_until, withheld
from servicedesk.staff.queries.clearance import recorders, signatures_of

FORBIDDEN = 403


def not_cleared(request: HttpRequest) -> HttpResponse:
    """Answer 403 to whoever asks for customer data without clearance, and say why.

    A script that asks for a part is sent to the page that tells: what it would replace
    must not stay on the screen.
    """
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        response = HttpResponse(status=FORBIDDEN)
        response["HX-Redirect"] = reverse("staff:clearance")
        return response
    user = cast("User", request.user)
    request.clearance_told = True  # type: ignore[attr-defined]
    context = {"lacking": lacking(user)}
    return render(request, "staff/not_cleared.html", context, status=FORBIDDEN)


@login_required
@require_GET
def clearance(request: HttpRequest) -> HttpResponse:
    """Show one's own clearance: what is missing, and what was signed."""
    user = cast("User", request.user)
    asked = asked_from(user)
    context = {
        "lacking": lacking(user),
        "withheld": withheld(user),
        "asked": asked if asked and Lack.AGREEMENT not in missing(user) else None,
        "training_until": training_until(user),
        "signatures": signatures_of(user),
    }
    return render(request, "staff/clearance.html", context)


def lacking(user: User) -> list[dict[str, Any]]:
    """Return what is missing, each with a sentence and the way to it; no query if nothing."""
    found = missing(user)
    if not found:
        return []
    asked = recorders(user) if {Lack.ONBOARDING, Lack.TRAINING} & {*found} else []
    until = training_until(user)
    words = {
        Lack.AGREEMENT: _(
            "Everybody who works here signs the confidentiality agreement before "
            "opening customer data. A new version is signed again."
        ),
        Lack.ONBOARDING: _(
            "Nobody has recorded yet that you passed your onboarding. Whoever trains "
            "you does that."
        ),
        Lack.TRAINING: _(
            "The security training is not recorded yet. Whoever trains you does that."
        )
        if until is None
        else _("Your security training has lapsed. Take it again."),
    }
    return [
        {
            "key": each.value,
            "title": each.label,
            "text": words[each],
            "url": reverse("staff:agreement") if each is Lack.AGREEMENT else "",
            "people": [] if each is Lack.AGREEMENT else asked,
            "lapsed": until if each is Lack.TRAINING else None,
        }
        for each in Lack
        if each in found
    ]
