"""The forms of the pages about backups."""

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.backups.models import BackupPlan, Destination


class StartForm(forms.Form):
    destination = forms.ChoiceField(label=_("Destination"), choices=Destination.choices)
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("Why now, for whoever reads the list later."),
    )


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = BackupPlan
        fields = [
            "on",
            "at",
            "destination",
            "keep_daily",
            "keep_weekly",
            "keep_monthly",
            "keep_manual",
            "late_after_hours",
            "drill_on",
            "drill_weekday",
            "drill_at",
            "drill_late_after_days",
        ]
        widgets = {
            "at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "drill_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }


class RecipientForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Who keeps the private key, and where."),
    )
    key = forms.CharField(
        label=_("Public key"),
        max_length=100,
        help_text=_(
            "It begins with “age1”. The private key, which begins with "
            "“AGE-SECRET-KEY-”, never comes here."
        ),
    )
