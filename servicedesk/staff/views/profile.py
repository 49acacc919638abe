"""The page where people set how they read, and find what protects their account."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servicedesk.staff.actions.preferences import save_preferences
from servicedesk.staff.forms import ProfileForm
from servicedesk.staff.models import Theme, User


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and save the preferences of whoever is signed in."""
    user = cast("User", request.user)
    if request.method != "POST":
        return _page(request, ProfileForm.of(user), 200)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    wanted = form.cleaned_data
    save_preferences(
        user=user,
        display_name=wanted["display_name"],
        language=wanted["language"],
        time_zone=wanted["time_zone"],
        theme=Theme(wanted["theme"]),
        single_keys=wanted["single_keys"],
    )
    translation.activate(user.language)
    messages.success(request, _("Saved."))
    return redirect("staff:profile")


def _page(request: HttpRequest, form: ProfileForm, status: int) -> HttpResponse:
    context = {"form": form, "section": "profile"}
    return render(request, "staff/profile.html", context, status=status)
