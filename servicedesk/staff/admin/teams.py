"""Teams and who belongs to them; members are kept in step with the team's group."""

import datetime as dt
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.core.access import reader
from servicedesk.staff.actions import team as actions
from servicedesk.staff.actions.access import give_membership
from servicedesk.staff.admin.by_two import tell_waiting
from servicedesk.staff.admin.forms import MembershipFormSet, TeamForm
from servicedesk.staff.models import AccessProposal, Membership, Team, User


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = MembershipFormSet
    fields = ["user", "team", "lead"]
    autocomplete_fields = ["user", "team"]
    extra = 0

    def get_formset(
        self, request: HttpRequest, obj: Any = None, **kwargs: Any
    ) -> type[MembershipFormSet]:
        formset = cast(
            "type[MembershipFormSet]", super().get_formset(request, obj, **kwargs)
        )
        formset.by = cast("User", reader(request))
        return formset


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = TeamForm
    inlines = [MembershipInline]
    list_display = ["label", "slug", "function", "calendar", "members", "active"]
    list_filter = ["function", "active"]
    search_fields = ["slug", "name_zh", "name_en"]

    @admin.display(description=_("name"), ordering="slug")
    def label(self, team: Team) -> str:
        return team.label

    @admin.display(description=_("members"))
    def members(self, team: Team) -> int:
        return len(team.memberships.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        found: QuerySet[Team] = super().get_queryset(request)
        return found.select_related("calendar").prefetch_related("memberships")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a team that ends is set inactive, its tickets keep its name."""
        del request, obj
        return False

    def save_model(
        self, request: HttpRequest, obj: Team, form: Any, change: Any
    ) -> None:
        del request, form
        if change:
            actions.update(team=obj)
        else:
            actions.create(team=obj)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: Any
    ) -> None:
        if formset.model is Membership:
            moment = timezone.now()  # noqa: TID251 - the edge
            save_memberships(request, form, formset, now=moment)
        else:
            super().save_formset(request, form, formset, change)


def save_memberships(
    request: HttpRequest, form: Any, formset: Any, *, now: dt.datetime
) -> None:
    """Carry out what was typed into a list of memberships; what opens more waits."""
    by = cast("User", reader(request))
    wanted = formset.save(commit=False)
    for each in formset.deleted_objects:
        actions.remove_member(team=each.team, user=each.user)
    asked: list[AccessProposal] = []
    for each in wanted:
        before = Membership.objects.filter(pk=each.pk).first() if each.pk else None
        moved = before and (before.team_id, before.user_id) != (
            each.team_id,
            each.user_id,
        )
        if before and moved:
            actions.remove_member(team=before.team, user=before.user)
        asked += give_membership(
            team=each.team,
            user=each.user,
            lead=each.lead,
            by=by,
            why=form.cleaned_data.get("why", ""),
            now=now,
        )
    tell_waiting(request, asked)
