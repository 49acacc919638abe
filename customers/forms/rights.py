"""What staff fill in about requests of the person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import IdentityFact, RightsKind, RightsSettings, RightsWay
from customers.models.correction import CORRECTABLE

_BY_STAFF = [choice for choice in RightsWay.choices if choice[0] != RightsWay.PAGE]


def _text(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CheckForm(forms.Form):
    """How and by which facts somebody made sure who asks."""

    way = forms.ChoiceField(label=_("How did you check?"), choices=_BY_STAFF)
    facts = forms.MultipleChoiceField(
        label=_("What did the person know?"),
        help_text=_("Tick only what was right. What was said is not written down."),
        choices=IdentityFact.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class NewRequestForm(forms.Form):
    """A request that somebody makes at the telephone, on paper, in person."""

    kind = forms.ChoiceField(label=_("What is asked"), choices=RightsKind.choices)
    way = forms.ChoiceField(label=_("Came in"), choices=_BY_STAFF)
    words = _text(_("In the person’s words"), required=False)
    facts = forms.MultipleChoiceField(
        label=_("What did the person know?"),
        help_text=_(
            "Two facts at least, or a document: then the identity counts as checked. Without any it is checked later. What was said is not written down."
        ),
        required=False,
        choices=IdentityFact.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class CorrectionForm(forms.Form):
    """Which field is wrong, and how it should read."""

    field = forms.ChoiceField(
        label=_("Which field"),
        choices=[(each.value, each.label) for each in CORRECTABLE],
    )
    proposed = forms.CharField(
        label=_("Should read"),
        max_length=500,
        help_text=_("Kept encrypted until it is decided."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeclineForm(forms.Form):
    words = _text(
        _("Reason"),
        required=True,
        help_text=_("The person reads it (PIPL, article 50)."),
    )


class AnswerForm(forms.Form):
    words = _text(
        _("Answer to the person"),
        required=True,
        help_text=_("The person reads it on a page of their own."),
    )


class RefuseForm(forms.Form):
    words = _text(
        _("Reason"),
        required=True,
        help_text=_(
            "The person reads it; the law asks for a reason (PIPL, article 50)."
        ),
    )


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Which dispute or order needs these data; kept encrypted."),
    )


class RightsSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RightsSettings
        fields = ["aim_days", "limit_days", "warn_days", "calendar", "source"]
        widgets = {"source": forms.Textarea(attrs={"rows": 3})}
