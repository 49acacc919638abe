"""The one admin site, behind the same login as everything else."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from servicedesk.core.access import Unseen


class DeskAdminSite(AdminSite):
    site_header = _("Servicedesk administration")
    site_title = _("Servicedesk administration")
    index_title = _("Roles and settings")
    enable_nav_sidebar = True

    @method_decorator(secure_admin_login)
    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send to the one login page, with its lockout and second factor."""
        return super().login(request, extra_context)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send to the one page for it, which counts wrong tries."""
        del request, extra_context
        return redirect("account_change_password")

    def has_permission(self, request: HttpRequest) -> bool:
        """Let administrators in; to others who are signed in there is no such page."""
        if super().has_permission(request):
            return True
        if request.user.is_authenticated:
            raise Unseen
        return False
