"""Settings of tickets in Django admin: categories, priority matrix, service levels.

There is no ticket, message or customer here, and nothing that would list them:
administrators manage the rules and may not read customer data. So nothing is deleted
either, for Django would name the tickets that stand in the way.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.access import reader
from servicedesk.core.models import BusinessCalendar
from tickets.actions.service_levels import publish_service_level
from tickets.models import (
    Category,
    PriorityRule,
    ServiceLevel,
    ServiceLevelVersion,
    Severity,
    Urgency,
)

TARGETS = ("first_response", "next_response", "resolution")
CELLS = len(Severity) * len(Urgency)


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_parent(self) -> Category | None:
        """Refuse a parent that stands below the category itself."""
        parent: Category | None = self.cleaned_data["parent"]
        above = parent
        while above is not None:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(_("A category cannot stand below itself."))
            above = above.parent
        return parent


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = CategoryForm
    list_display = [
        "in_tree",
        "name_zh",
        "name_en",
        "team",
        "kind",
        "position",
        "public",
        "active",
    ]
    list_filter = ["active", "public", "kind", "team"]
    list_select_related = ["team", "parent"]
    search_fields = ["slug", "name_zh", "name_en"]
    prepopulated_fields = {"slug": ["name_en"]}

    @admin.display(description=gettext_lazy("category"))
    def in_tree(self, category: Category) -> str:
        return f"— {category.label}" if category.parent_id else category.label

    def get_ordering(self, request: HttpRequest) -> Any:
        """List each category right before those that stand below it."""
        del request
        return [
            Coalesce("parent__position", "position"),
            Coalesce("parent__slug", "slug"),
            F("parent").asc(nulls_first=True),
            "position",
            "slug",
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a category that ends is set inactive, its tickets keep it."""
        del request, obj
        return False


@admin.register(PriorityRule)
class PriorityRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["severity", "urgency", "priority"]
    list_display_links = None
    list_editable = ["priority"]
    list_per_page = CELLS
    ordering = ["severity", "urgency"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Offer a new cell only while the matrix has a hole."""
        return bool(
            super().has_add_permission(request) and PriorityRule.objects.count() < CELLS
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: every severity and urgency has to mean some priority."""
        del request, obj
        return False


class ServiceLevelForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_calendar(self) -> BusinessCalendar:
        """Refuse a calendar by which no clock can run yet."""
        calendar: BusinessCalendar = self.cleaned_data["calendar"]
        if not calendar.versions.exists():
            raise forms.ValidationError(_("Publish this calendar first."))
        return calendar

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in TARGETS:
            if said.get(name) == 0:
                self.add_error(
                    name, _("Leave it empty to promise nothing; 0 cannot be kept.")
                )
        return said


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ServiceLevelVersion
    fields = ["number", "promise", "by", "at"]
    readonly_fields = ["number", "promise", "by", "at"]
    extra = 0
    can_delete = False
    ordering = ["-number"]

    @admin.display(description=gettext_lazy("rule"))
    def promise(self, version: ServiceLevelVersion) -> SafeString:
        """Show what the version says, empty conditions left out."""
        said = [(key, value) for key, value in version.rule.items() if value]
        return format_html_join(", ", "{}: {}", said)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceLevelVersion]:
        return super().get_queryset(request).select_related("by", "level")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(ServiceLevel)
class ServiceLevelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ServiceLevelForm
    inlines = [VersionInline]
    list_display = [
        "label",
        "position",
        "channel",
        "category",
        "customer_kind",
        "priority",
        "calendar",
        *TARGETS,
        "active",
    ]
    list_filter = ["active", "channel", "calendar"]
    list_select_related = ["category", "calendar"]
    search_fields = ["slug", "name_zh", "name_en"]
    fieldsets = [
        (None, {"fields": ["slug", "name_zh", "name_en", "position", "active"]}),
        (
            gettext_lazy("For which tickets"),
            {
                "description": gettext_lazy(
                    "An empty condition fits every ticket. The first active level "
                    "by position that fits is taken."
                ),
                "fields": ["channel", "category", "customer_kind", "priority"],
            },
        ),
        (
            gettext_lazy("What is promised"),
            {
                "description": gettext_lazy(
                    "In seconds of the calendar's open time: 3600 is an hour, 28800 "
                    "a working day of eight hours. Saving publishes a new version; "
                    "clocks that run keep theirs."
                ),
                "fields": ["calendar", *TARGETS],
            },
        ),
    ]

    @admin.display(description=gettext_lazy("name"), ordering="slug")
    def label(self, level: ServiceLevel) -> str:
        return level.label

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: clocks are pinned to versions; a level that ends is set inactive."""
        del request, obj
        return False

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        """Publish what was saved, if it differs from the newest version."""
        super().save_related(request, form, formsets, change)
        publish_service_level(
            level=form.instance,
            by=reader(request),  # type: ignore[arg-type]  # only staff get here
            now=timezone.now(),
        )
