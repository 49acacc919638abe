"""What a person may ask about their data, without login."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.corrections import check_proposed
from customers.actions.identify import Contact, parse_contact
from customers.models import RightsKind
from customers.models.correction import CORRECTABLE
from servicedesk.core.errors import RuleError
from servicedesk.core.public_forms import CarefulForm

LONGEST = 4_000


class MyDataForm(CarefulForm):
    """Which contact we know, and what is wanted; nothing else about the person."""

    contact = forms.CharField(
        label=_("Your phone number or e-mail address"),
        help_text=_("One that you gave us before. We ask there whether it is you."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("What do you want?"),
        choices=RightsKind.choices,
        widget=forms.RadioSelect,
    )
    field = forms.ChoiceField(
        label=_("If something is wrong: what?"),
        required=False,
        choices=[("", "–"), *((each.value, each.label) for each in CORRECTABLE)],
    )
    proposed = forms.CharField(
        label=_("And how should it read?"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("What should we know?"),
        help_text=_("What is wrong and how it should read, for example."),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_contact(self) -> Contact:
        text = unicodedata.normalize("NFKC", self.cleaned_data["contact"])
        try:
            return parse_contact(text)
        except RuleError as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def clean(self) -> dict[str, Any]:
        """Take a correction as a whole, and only where a correction is wanted."""
        given = super().clean() or self.cleaned_data
        field, proposed = given.get("field"), given.get("proposed")
        if given.get("kind") != RightsKind.CORRECT or not (field or proposed):
            given["field"] = given["proposed"] = ""
            return given
        if not field:
            self.add_error("field", _("Say which of them is wrong."))
            return given
        try:
            given["proposed"] = check_proposed(field, proposed or "")
        except RuleError as refusal:
            self.add_error("proposed", str(refusal))
        return given
