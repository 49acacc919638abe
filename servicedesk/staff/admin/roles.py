"""Roles and what they may do; the administrators' own role is not theirs to widen."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from servicedesk.core.access import reader
from servicedesk.staff.actions.access import give_permissions
from servicedesk.staff.actions.roles import demand_second_factor
from servicedesk.staff.admin.by_two import tell_waiting, waiting_words
from servicedesk.staff.admin.forms import PermissionsField, RightsForm
from servicedesk.staff.models import Role, RoleKey, User
from servicedesk.staff.queries.access import waiting_for

admin.site.unregister(Group)


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["label", "people", "second_factor", "permissions"]
    fields = [
        "key",
        "name_zh",
        "name_en",
        "permissions",
        "second_factor",
        "second_factor_days",
        "second_factor_since",
    ]
    readonly_fields = ["key", "permissions", "second_factor_since"]
    ordering = ["pk"]

    @admin.display(description=_("role"))
    def label(self, role: Role) -> str:
        return str(role)

    @admin.display(description=_("people"))
    def people(self, role: Any) -> int:
        return int(role.people)

    @admin.display(description=_("permissions"))
    def permissions(self, role: Role) -> SafeString:
        address = reverse("admin:auth_group_change", args=[role.group_id])
        return format_html('<a href="{}">{}</a>', address, _("What the role may do"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        found: QuerySet[Role] = super().get_queryset(request)
        return found.annotate(people=Count("group__user"))

    def save_model(
        self, request: HttpRequest, obj: Role, form: Any, change: Any
    ) -> None:
        del request, form, change
        demand_second_factor(
            role=obj,
            demanded=obj.second_factor,
            days=obj.second_factor_days,
            now=timezone.now(),  # noqa: TID251 - the edge
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: roles are declared in code, which asks for them by key."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Group)
class PermissionGroupAdmin(GroupAdmin):
    """What roles may do. The groups of teams are kept by the teams, and not shown."""

    form = RightsForm
    fields = ["name", "permissions", "why", "waits"]
    readonly_fields = ["waits"]
    list_display = ["name", "role_name"]

    @admin.display(description=_("role"))
    def role_name(self, group: Group) -> str:
        return str(group.role) if hasattr(group, "role") else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.filter(team__isnull=True).select_related("role")

    def has_change_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        """Leave to superusers the roles that the reader has, and the administrators'."""
        user = reader(request)
        if obj and not user.is_superuser:  # type: ignore[attr-defined]
            own = user.groups.filter(pk=obj.pk).exists()  # type: ignore[attr-defined]
            if own or (hasattr(obj, "role") and obj.role.key == RoleKey.ADMINISTRATOR):
                return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        """Refuse for roles: people lose what they may do by changing it."""
        if obj and hasattr(obj, "role"):
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_form(
        self,
        request: HttpRequest,
        obj: Group | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = reader(request)  # type: ignore[attr-defined]
        return form

    @admin.display(description=_("waits"))
    def waits(self, group: Group) -> str:
        return waiting_words(waiting_for(group=group))

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        wanted = form.cleaned_data.pop("permissions")
        super().save_related(request, form, formsets, change)
        asked = give_permissions(
            group=form.instance,
            permissions=wanted,
            by=cast("User", reader(request)),
            why=form.cleaned_data["why"],
            now=timezone.now(),  # noqa: TID251 - the edge
        )
        tell_waiting(request, asked)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.name == "permissions":
            kwargs["form_class"] = PermissionsField
            kwargs["queryset"] = PermissionsField.offered()
        return super().formfield_for_manytomany(db_field, request, **kwargs)
