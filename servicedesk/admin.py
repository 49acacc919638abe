"""The one admin site, behind the same login as everything else."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class DeskAdminSite(AdminSite):
    site_header = _("Servicedesk administration")
    site_title = _("Servicedesk administration")
    index_title = _("Roles and settings")
    enable_nav_sidebar = True


DeskAdminSite.login = secure_admin_login(DeskAdminSite.login)  # type: ignore[method-assign]
