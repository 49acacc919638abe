"""What is asked after a follow-up call."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.models import FollowUpOutcome

_MOST_WORDS = 2000


class RecordCallForm(forms.Form):
    """How the call ended. A customer who is not satisfied must be quoted."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did it end?"),
        choices=[
            (FollowUpOutcome.SATISFIED, FollowUpOutcome.SATISFIED.label),
            (FollowUpOutcome.NOT_SATISFIED, FollowUpOutcome.NOT_SATISFIED.label),
            (
                FollowUpOutcome.UNREACHABLE,
                pgettext_lazy("follow-up call", "Nobody answered"),
            ),
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=gettext_lazy("What the customer said"),
        help_text=gettext_lazy(
            "In the customer's own words. Needed when the customer is not satisfied: "
            "the colleague who takes over reads it first."
        ),
        required=False,
        max_length=_MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_outcome(self) -> FollowUpOutcome:
        return FollowUpOutcome(self.cleaned_data["outcome"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        unhappy = cleaned.get("outcome") == FollowUpOutcome.NOT_SATISFIED
        if unhappy and not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", _("Write down what the customer is missing."))
        return cleaned
