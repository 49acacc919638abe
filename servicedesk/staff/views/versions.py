"""The versions of the confidentiality agreement: write the next one, publish it."""

import datetime as dt
from typing import Final, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import make_aware, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from servicedesk.staff.actions import agreement as actions
from servicedesk.staff.forms import DraftForm, PublishForm, given
from servicedesk.staff.models import ConfidentialityAgreement, User
from servicedesk.staff.queries.clearance import newest_agreement
from servicedesk.staff.views.agreements import language_of, page

CHANGE: Final = "staff.change_confidentialityagreement"
UNPROCESSABLE = 422


@login_required
@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """List all versions, newest first, each with how many signed it."""
    require(cast("User", request.user), CHANGE)
    found = ConfidentialityAgreement.objects.select_related("published_by")
    counted = found.annotate(signed=Count("signatures")).order_by("-number")
    return render(request, "staff/versions.html", {"versions": counted, "now": now()})


@login_required
@require_GET
def version(request: HttpRequest, version: int) -> HttpResponse:
    """Show the text of one version."""
    require(cast("User", request.user), CHANGE)
    found = ConfidentialityAgreement.objects.filter(number=version).first()
    if found is None:
        raise Http404
    language = language_of(request)
    other = "en" if language.startswith("zh") else "zh-hans"
    context = page(found, language) | {"other_url": f"{request.path}?lang={other}"}
    return render(request, "staff/agreement.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Write the draft of the next version; it begins as a copy of the newest."""
    require(cast("User", request.user), CHANGE)
    kept = ConfidentialityAgreement.objects.filter(published_at__isnull=True).first()
    begin = kept or newest_agreement()
    form = DraftForm(given(request), initial=DraftForm.of(begin, fresh=not kept))
    if form.is_valid():
        actions.save_draft(**form.cleaned_data, now=now())
        messages.success(request, _("The draft is saved. Nobody is asked to sign it."))
        return redirect("staff:versions")
    context = {"form": form, "kept": kept}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "staff/draft.html", context, status=status)


@login_required
@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    require(cast("User", request.user), CHANGE)
    actions.discard_draft()
    messages.success(request, _("The draft was discarded."))
    return redirect("staff:versions")


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """Ask from when on the draft shall count, and publish it."""
    user = cast("User", request.user)
    require(user, CHANGE)
    kept = ConfidentialityAgreement.objects.filter(published_at__isnull=True).first()
    if kept is None:
        raise Http404
    form = PublishForm(given(request))
    if form.is_valid():
        day = form.cleaned_data["effective_from"]
        moment = now()
        begins = make_aware(dt.datetime.combine(day, dt.time())) if day else moment
        try:
            actions.publish(effective_from=begins, by=user, now=moment)
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Published. Everybody is asked to sign."))
            return redirect("staff:versions")
    status = UNPROCESSABLE if form.is_bound else 200
    context = {"form": form, "draft": kept}
    return render(request, "staff/publish.html", context, status=status)
