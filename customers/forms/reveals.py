"""What a look behind a mask asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.actions.reveal import PROMOTION
from customers.models import RevealPurpose


class RevealForm(forms.Form):
    """Promotion can be chosen, and is refused in words: nobody has to wonder why."""

    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=[
            *RevealPurpose.choices,
            (PROMOTION, pgettext_lazy("purpose", "Selling or promotion")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Each view is recorded. Promotion is not a purpose here."),
    )
    ticket = forms.CharField(
        label=_("For ticket"),
        required=False,
        max_length=30,
        help_text=_("Its number, where it is for one."),
    )

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        """With `known` the page knows which ticket it is for, and does not ask."""
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["ticket"]

    def clean_ticket(self) -> str:
        """Take the number as people type it."""
        return str(self.cleaned_data["ticket"]).strip().upper()
