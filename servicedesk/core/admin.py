"""Business calendars in Django admin: edited freely, felt by clocks once published."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.core.access import reader
from servicedesk.core.actions.calendar import publish_calendar
from servicedesk.core.errors import RuleError
from servicedesk.core.models import BusinessCalendar, CalendarDay, CalendarVersion


class CalendarDayInline(admin.TabularInline):  # type: ignore[type-arg]
    model = CalendarDay
    fields = ["date", "kind", "windows", "name_zh", "name_en", "source"]
    extra = 0


class CalendarVersionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = CalendarVersion
    fields = ["number", "created_at", "created_by"]
    readonly_fields = ["number", "created_at", "created_by"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = [
        "label",
        "zone",
        "always_open",
        "follow_chinese_holidays",
        "published",
        "active",
    ]
    list_filter = ["active"]
    search_fields = ["slug", "name_zh", "name_en"]
    inlines = [CalendarDayInline, CalendarVersionInline]
    actions = ["publish"]

    @admin.display(description=gettext_lazy("name"), ordering="slug")
    def label(self, calendar: BusinessCalendar) -> str:
        return calendar.label

    @admin.display(description=gettext_lazy("newest version"))
    def published(self, calendar: BusinessCalendar) -> str:
        newest = max((each.number for each in calendar.versions.all()), default=None)
        return str(newest) if newest else _("not published")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BusinessCalendar]:
        return super().get_queryset(request).prefetch_related("versions")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Clocks are pinned to versions: a calendar is taken out of use, not deleted."""
        del request, obj
        return False

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Publish what was saved, special days included."""
        super().save_related(request, form, formsets, change)
        self._publish(request, form.instance)

    @admin.action(
        description=gettext_lazy("Publish for new clocks"), permissions=["change"]
    )
    def publish(
        self, request: HttpRequest, calendars: QuerySet[BusinessCalendar]
    ) -> None:
        count = sum(self._publish(request, each) for each in calendars)
        text = ngettext("%d calendar published.", "%d calendars published.", count)
        self.message_user(request, text % count, messages.SUCCESS)

    def _publish(self, request: HttpRequest, calendar: BusinessCalendar) -> bool:
        try:
            publish_calendar(calendar=calendar, by=reader(request), now=timezone.now())
        except RuleError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return False
        return True
