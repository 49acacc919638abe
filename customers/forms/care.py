"""What is filled in about care: a plan, an outcome, another day."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from customers.models import CareOutcome, CarePlan

TEN = dt.time(10)


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CarePlan
        fields = [
            "name_zh", "name_en", "kind", "team", "customer_kind", "city", "tag",
            "quiet_days", "every_days", "active",
        ]  # fmt: skip


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=CareOutcome.choices)
    words = forms.CharField(
        label=_("What was said"),
        help_text=_("Kept encrypted."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PutOffForm(forms.Form):
    until = forms.DateField(
        label=_("Due on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_until(self) -> dt.datetime:
        """Return ten in the morning of that day."""
        return make_aware(dt.datetime.combine(self.cleaned_data["until"], TEN))


class NextForm(PutOffForm):
    """A contact made due by hand, from one of the plans of the customer's team."""

    plan = forms.ModelChoiceField(CarePlan.objects.none(), label=_("Plan"))
    field_order = ["plan", "until"]

    def __init__(self, *args: Any, team: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans: Any = self.fields["plan"]
        plans.queryset = CarePlan.objects.filter(team=team, active=True)
