"""The forms of the administration, and who may not be changed by whom."""

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    BaseUserCreationForm,
    UserChangeForm,
)
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.errors import RuleError
from servicedesk.core.tasks import nudge_notifications
from servicedesk.staff.actions.letters import tell_password_set
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.actions.team import ask_to_close, group_name
from servicedesk.staff.admin.by_two import say_why, why_field
from servicedesk.staff.forms import time_zones
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries.access import (
    is_open,
    label_of,
    opening,
    opening_groups,
    takes_two,
)

# What can be granted: the business and the administration, not the plumbing.
_GRANTABLE = (
    "quality",
    "complaints",
    "tickets",
    "training",
    "customers",
    "knowledge",
    "equipment",
    "audit",
    "staff",
    "core",
    "auth",
)


def role_groups() -> QuerySet[Group]:
    """Return the groups that people are given by hand: all but those of teams."""
    return (
        Group.objects.filter(team__isnull=True)
        .select_related("role")
        .order_by("role__pk", "name")
    )


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Roles by their name in the reader's language; other groups by their own."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.role) if hasattr(obj, "role") else str(obj)


class PersonAddForm(BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "display_name", "email")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """A person's account; `roles` stands for the groups that are not a team's."""

    roles = RolesField(
        label=gettext_lazy("roles"),
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Administrators get in here; they may not read customers' data."
        ),
    )

    time_zone = forms.ChoiceField(label=gettext_lazy("time zone"), choices=time_zones)
    why = why_field()
    by: User

    class Meta(UserChangeForm.Meta):
        model = User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "roles" in self.fields:
            self.fields["roles"].queryset = role_groups()  # type: ignore[attr-defined]
            self.initial["roles"] = role_groups().filter(user=self.instance)

    def clean(self) -> dict[str, Any]:
        """Ask why, where a second person will have to confirm it."""
        said = super().clean() or {}
        if not said.get("why") and self._waits(said):
            self.add_error("why", say_why())
        return said

    def _waits(self, said: dict[str, Any]) -> bool:
        if self.by.is_superuser:
            return False
        added = set(said.get("roles", ())) - set(self.initial.get("roles", ()))
        if opening_groups(added):
            return True
        opened = "is_active" in self.changed_data and said.get("is_active")
        lets_in = opened or "email" in self.changed_data
        return bool(lets_in) and takes_two(self.instance, by=self.by)


class PersonPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Set somebody's password, good for one sign-in; they are told, their streams end."""

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        with transaction.atomic():
            user = super().save(commit=commit)
            if commit:
                end_streams(users=[user])
                tell_password_set(user=user, now=timezone.now())  # noqa: TID251 - the edge
                nudge_notifications()
        return user


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    why = why_field()

    class Meta:
        model = Team
        fields = ("slug", "name_zh", "name_en", "function", "calendar", "active")

    def clean_slug(self) -> str:
        """Refuse a short name whose group is another team's."""
        slug = str(self.cleaned_data["slug"])
        taken = Group.objects.filter(name=group_name(slug))
        if self.instance.pk:
            taken = taken.exclude(pk=self.instance.group_id)
        if taken.exists():
            raise ValidationError(
                _("There is a team with this short name already."), code="unique"
            )
        return slug

    def clean_active(self) -> bool:
        """Refuse to close a team that still has something to do, and say what."""
        active = bool(self.cleaned_data["active"])
        if self.instance.pk and self.instance.active and not active:
            try:
                ask_to_close(team=self.instance)
            except RuleError as refused:
                raise ValidationError(str(refused), code="busy") from refused
        return active


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Memberships of a person or a team; nobody puts themselves into a team."""

    by: User

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the boxes in each row: their column's heading is not their label."""
        super().add_fields(form, index)
        for name, label in (("lead", _("leads the team")), ("DELETE", _("Remove"))):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = label

    def clean(self) -> None:
        super().clean()
        if self.by.is_superuser:
            return
        for form in self.forms:
            if form.has_changed() and form.instance.user_id == self.by.pk:
                raise ValidationError(
                    _("Your own teams are for another administrator to change."),
                    code="own",
                )
        if not self.data.get("why", "").strip() and any(map(self._waits, self.forms)):
            raise ValidationError(say_why(), code="why")

    def _waits(self, form: Any) -> bool:
        """Tell whether a row gives more to somebody who sees customers."""
        said = getattr(form, "cleaned_data", {})
        if not form.has_changed() or said.get("DELETE") or not said.get("user"):
            return False
        less = form.instance.pk and form.changed_data == ["lead"] and not said["lead"]
        return not less and is_open(said["user"])


class RightsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a role may do."""

    why = why_field()
    by: User

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def clean(self) -> dict[str, Any]:
        """Ask why, where a second person will have to confirm it."""
        said = super().clean() or {}
        added = set(said.get("permissions", ())) - set(
            self.initial.get("permissions", ())
        )
        if not self.by.is_superuser and opening(list(added)) and not said.get("why"):
            self.add_error("why", say_why())
        return said


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Permissions in the reader's language: what it is about, and what may be done."""

    @staticmethod
    def offered() -> QuerySet[Permission]:
        """Return what can be granted, things of one kind together."""
        return (
            Permission.objects.filter(content_type__app_label__in=_GRANTABLE)
            .exclude(content_type__app_label="auth", content_type__model="permission")
            .select_related("content_type")
            .order_by("content_type__app_label", "content_type__model", "codename")
        )

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj)
