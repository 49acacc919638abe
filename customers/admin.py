"""Settings of customers in Django admin: tags, and how names are searched.

There is no customer here, and nothing that would list one: administrators manage the
rules and may not read customer data.
"""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions.name_pairs import set_name_pairs
from customers.models import SearchSetting, Tag
from customers.models.search_setting import THE_ONE
from servicedesk.core.access import reader
from servicedesk.core.errors import RuleError
from servicedesk.core.tasks import nudge_jobs
from servicedesk.staff.models import User


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name_zh", "name_en", "active"]
    list_editable = ["active"]
    list_filter = ["active"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a tag that ends is set inactive, whoever has it keeps it."""
        del request, obj
        return False


@admin.register(SearchSetting)
class SearchSettingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    fields = ["name_pairs"]

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Go to the one row there is."""
        del request, extra_context
        return HttpResponseRedirect(
            reverse("admin:customers_searchsetting_change", args=[THE_ONE])
        )

    def save_model(
        self, request: HttpRequest, obj: SearchSetting, form: Any, change: Any
    ) -> None:
        """Switch on, which starts a job, or off, which erases the index."""
        del form, change
        by = cast("User", reader(request))
        try:
            job = set_name_pairs(wanted=obj.name_pairs, by=by, now=timezone.now())
        except RuleError as refusal:
            messages.error(request, str(refusal))
            return
        if job is None:
            messages.info(request, _("The index of names was erased."))
            return
        nudge_jobs()
        messages.info(
            request, _("All names are being indexed; the page of jobs shows how far.")
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row, always."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one row, always."""
        del request, obj
        return False
