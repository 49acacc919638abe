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
from servicedesk.staff.actions.passwords import note_given
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.actions.team import ask_to_close, group_name
from servicedesk.staff.forms import time_zones
from servicedesk.staff.models import Team, User

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
_VERBS = {
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
    "view": gettext_lazy("view"),
}


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

    class Meta(UserChangeForm.Meta):
        model = User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "roles" in self.fields:
            self.fields["roles"].queryset = role_groups()  # type: ignore[attr-defined]
            self.initial["roles"] = role_groups().filter(user=self.instance)


class PersonPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Set somebody's password, good for one sign-in; they are told, their streams end."""

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        with transaction.atomic():
            user = super().save(commit=commit)
            if commit:
                end_streams(users=[user])
                moment = timezone.now()  # noqa: TID251 - the edge
                note_given(user=user, now=moment)
                tell_password_set(user=user, now=moment)
                nudge_notifications()
        return user


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
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
        model = obj.content_type.model_class()
        if model is None:
            return str(obj)
        options = model._meta
        own = dict(options.permissions)
        verb = _VERBS.get(obj.codename.partition("_")[0], obj.name)
        action = own.get(obj.codename, verb)
        about = options.app_config.verbose_name if options.app_config else ""
        return f"{about} · {options.verbose_name} · {action}"
