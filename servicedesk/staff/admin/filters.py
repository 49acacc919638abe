"""By what the administration narrows its lists."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import Role


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        del request, model_admin
        return [(str(role.pk), str(role)) for role in Role.objects.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        del request
        return queryset.filter(groups__role=self.value()) if self.value() else queryset
