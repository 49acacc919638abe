"""What is asked about alarms: which to show, what came of one, where they begin."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import AccessAlarm, AlarmKind, RevealLimits
from servicedesk.staff.models import User


class AlarmFilter(forms.Form):
    """Every field may be empty; together they narrow."""

    state = forms.ChoiceField(
        label=pgettext_lazy("alarm", "State"),
        required=False,
        choices=[
            ("", _("Not acknowledged")),
            ("all", _("All")),
        ],
    )
    kind = forms.ChoiceField(
        label=_("What happened"),
        required=False,
        choices=[("", _("Anything")), *AlarmKind.choices],
    )
    who = forms.ModelChoiceField(
        label=pgettext_lazy("audit log", "Who"),
        required=False,
        empty_label=_("Anybody"),
        queryset=User.objects.none(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(access_alarms__isnull=False).distinct()
        who: Any = self.fields["who"]
        who.queryset = people.order_by("display_name", "pk")

    def narrow(self, alarms: QuerySet[AccessAlarm]) -> QuerySet[AccessAlarm]:
        """Return the alarms that were asked for."""
        asked = self.cleaned_data
        if not asked["state"]:
            alarms = alarms.filter(seen_at=None)
        if asked["kind"]:
            alarms = alarms.filter(kind=asked["kind"])
        if asked["who"]:
            alarms = alarms.filter(user=asked["who"])
        return alarms


class WordForm(forms.Form):
    word = forms.CharField(
        label=_("What came of it"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept encrypted. No names of customers."),
    )


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RevealLimits
        fields = [
            "ten_minutes",
            "hour",
            "day",
            "hard",
            "times",
            "floor",
            "many",
            "outside",
            "night",
            "night_from",
            "night_to",
        ]
