"""The form that closes the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.core.actions.maintenance import Closing


class ClosingForm(forms.Form):
    """Why, probably until when, and what people read."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For colleagues and the audit log."),
    )
    until = forms.DateTimeField(
        label=_("Probably until"),
        required=False,
        help_text=_("People are told; it ends when you end it."),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    message_zh = forms.CharField(
        label=_("Message in Chinese"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "zh-Hans"}),
        help_text=_("Left empty, people read the usual sentence."),
    )
    message_en = forms.CharField(
        label=_("Message in English"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "en"}),
    )

    def closing(self) -> Closing:
        """Return what was asked for."""
        said: dict[str, Any] = self.cleaned_data
        return Closing(**said)
