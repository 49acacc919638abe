"""People: their account, roles, teams and how much they can take."""

from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from servicedesk.core.access import reader
from servicedesk.core.tasks import nudge_notifications
from servicedesk.staff.actions.access import ask_for_account, give_roles
from servicedesk.staff.actions.letters import tell_account_made
from servicedesk.staff.actions.passwords import note_given
from servicedesk.staff.actions.presence import set_capacity
from servicedesk.staff.actions.security import (
    end_sessions,
    end_streams,
    remove_second_factors,
)
from servicedesk.staff.admin.by_two import (
    hold_back,
    tell_waiting,
    waiting_words,
    ways_to_ask,
)
from servicedesk.staff.admin.filters import RoleFilter
from servicedesk.staff.admin.forms import (
    PersonAddForm,
    PersonForm,
    PersonPasswordForm,
)
from servicedesk.staff.admin.teams import MembershipInline, save_memberships
from servicedesk.staff.models import AccessKind, Membership, Presence, User
from servicedesk.staff.queries.access import takes_two, waiting_for
from servicedesk.staff.work import work_of


class PresenceInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Presence
    fields = ["ticket_capacity", "chat_capacity"]
    verbose_name = verbose_name_plural = _("capacity")
    can_delete = False


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = PersonAddForm
    change_password_form = PersonPasswordForm
    inlines = [MembershipInline, PresenceInline]
    list_display = [
        "username",
        "display_name",
        "role_names",
        "team_names",
        "is_active",
        "last_login",
    ]
    list_filter = ["is_active", RoleFilter, "memberships__team"]
    search_fields = ["username", "display_name", "email"]
    ordering = ["username"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "waits"]
    actions = ["let_back_in", "sign_out"]
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "display_name",
                    "email",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        groups = [each for each in user.groups.all() if not hasattr(each, "team")]
        return ", ".join(
            str(each.role) if hasattr(each, "role") else each.name for each in groups
        )

    @admin.display(description=_("teams"))
    def team_names(self, user: User) -> str:
        return ", ".join(each.team.label for each in user.memberships.all())

    @admin.display(description=_("waits"))
    def waits(self, user: User) -> str:
        return waiting_words(waiting_for(user=user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        members = Membership.objects.select_related("team")
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related(
            "groups__role", "groups__team", Prefetch("memberships", members)
        )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        may_do = ["is_active", "roles", "why", "waits"]
        if reader(request).is_superuser:  # type: ignore[attr-defined]
            may_do = ["is_active", "is_superuser", "roles", "waits"]
        elif obj == reader(request):
            may_do = []  # `get_form` takes the field away as well
        reading = ("language", "time_zone", "theme", "single_keys")
        sets: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": ("username", "password", "display_name", "email")}),
            (_("What they may do"), {"fields": may_do}),
            (_("How they read"), {"fields": reading}),
            (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        ]
        return [each for each in sets if each[1]["fields"]]

    def get_form(
        self,
        request: HttpRequest,
        obj: User | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj == request.user and not obj.is_superuser:
            # A declared field is in the form even when no fieldset shows it.
            form.base_fields.pop("roles", None)
        form.by = reader(request)  # type: ignore[attr-defined]
        return form

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> Any:
        # A new person is saved first: teams and capacity belong to an account.
        return super().get_inlines(request, obj) if obj else []

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Leave superusers to superusers: else a new password would make one."""
        if obj and obj.is_superuser and not reader(request).is_superuser:  # type: ignore[attr-defined]
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Refuse: who leaves is set inactive, what they did keeps their name."""
        del request, obj
        return False

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: Any
    ) -> None:
        by = cast("User", reader(request))
        moment = timezone.now()  # noqa: TID251 - the edge
        changed = set(form.changed_data)
        closed = change and "is_active" in changed and not obj.is_active
        held = hold_back(obj, form, by=by) if change else {}
        super().save_model(request, obj, form, change)
        if closed:
            end_sessions(user=obj)
            self._tell_of_work(request, obj)
        elif "is_superuser" in changed:
            end_streams(users=[obj])
        if not change:
            with transaction.atomic():
                note_given(user=obj, now=moment, by=by)
                tell_account_made(user=obj, now=moment)
                nudge_notifications()
        ask = partial(ask_for_account, user=obj, by=by, now=moment)
        why = form.cleaned_data.get("why", "")
        asked = [ask(kind=kind, why=why, email=email) for kind, email in held.items()]
        tell_waiting(request, asked)

    def _tell_of_work(self, request: HttpRequest, user: User) -> None:
        """Say that closing an account hands nothing over, and what does."""
        if work_of(user):
            words = _("%(name)s still holds open work.") % {"name": user}
            address = reverse("staff:leaving", args=[user.pk])
            link = format_html(
                '{} <a href="{}">{}</a>', words, address, _("Hand it over")
            )
            self.message_user(request, link, messages.WARNING)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's signature
        form_url: str = "",
    ) -> HttpResponse:
        """Set a password; where it would open customer data, ask a second person."""
        by = cast("User", reader(request))
        user = self.get_object(request, unquote(id))
        if user is None or not self.has_change_permission(request, user):
            return super().user_change_password(request, id, form_url)
        if takes_two(user, by=by):
            return redirect("staff:power-ask", user.pk, AccessKind.PASSWORD)
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            saved = request.method == "POST" and isinstance(
                answer, HttpResponseRedirect
            )
            # One's own does not change who handed over the account.
            if saved and user.pk != by.pk:
                moment = timezone.now()  # noqa: TID251 - the edge
                note_given(user=user, now=moment, by=by)
        return answer

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        if "roles" in form.cleaned_data:
            asked = give_roles(
                user=form.instance,
                groups=form.cleaned_data["roles"],
                by=cast("User", reader(request)),
                why=form.cleaned_data.get("why", ""),
                now=timezone.now(),  # noqa: TID251 - the edge
            )
            tell_waiting(request, asked)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: Any
    ) -> None:
        if formset.model is Membership:
            moment = timezone.now()  # noqa: TID251 - the edge
            save_memberships(request, form, formset, now=moment)
        elif formset.model is Presence:
            self._save_capacity(formset)
        else:
            super().save_formset(request, form, formset, change)

    @staticmethod
    def _save_capacity(formset: Any) -> None:
        for wanted in formset.save(commit=False):
            set_capacity(
                user=formset.instance,
                tickets=wanted.ticket_capacity,
                chats=wanted.chat_capacity,
                now=timezone.now(),  # noqa: TID251 - the edge
            )

    @admin.action(
        description=_("Let back in: remove the second factor"), permissions=["change"]
    )
    def let_back_in(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Remove second factors of people who lost theirs, never one's own."""
        by = cast("User", reader(request))
        allowed = [
            each
            for each in users
            if each != by and self.has_change_permission(request, each)
        ]
        waits = [each for each in allowed if takes_two(each, by=by)]
        chosen = [each for each in allowed if each not in waits]
        if waits:
            messages.warning(request, ways_to_ask(waits, AccessKind.FACTOR))
        if waits and not chosen:
            return
        count = sum(remove_second_factors(user=each) > 0 for each in chosen)
        for each in chosen:
            self.log_change(request, each, "second factor removed")
        text = ngettext(
            "%d person signs in with the password alone now.",
            "%d people sign in with the password alone now.",
            count,
        )
        self.message_user(request, text % count, messages.SUCCESS)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """End every session of people whose device was lost, or whose password is known."""
        chosen = [each for each in users if self.has_change_permission(request, each)]
        count = sum(end_sessions(user=each) for each in chosen)
        for each in chosen:
            self.log_change(request, each, "signed out everywhere")
        text = ngettext("%d session was ended.", "%d sessions were ended.", count)
        self.message_user(request, text % count, messages.SUCCESS)
