"""A request that staff writes down: from the phone, from a counter, from anywhere."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.actions.identify import Contact, parse_contact
from servicedesk.core.errors import RuleError
from tickets.forms.files import FilesField
from tickets.models import Category, Channel, Phase, Severity, Urgency


class NewTicketForm(forms.Form):
    name = forms.CharField(label=_("Customer's name"), max_length=80)
    contact = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        help_text=_("A known customer is found by it."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=Channel.choices, initial=Channel.PHONE
    )
    phase = forms.ChoiceField(
        label=_("Sales phase"), choices=Phase.choices, initial=Phase.AFTER_SALE
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(active=True).select_related("team"),
        label=_("Category"),
        empty_label=_("Please choose"),
    )
    severity = forms.TypedChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=int,
        initial=Severity.NORMAL,
    )
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), choices=Urgency.choices, coerce=int, initial=Urgency.NORMAL
    )
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        label=_("What the customer says"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    attachments = FilesField()
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_contact(self) -> Contact:
        try:
            return parse_contact(self.cleaned_data["contact"])
        except RuleError as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs, under its own names."""
        given = dict(self.cleaned_data)
        given["files"] = given.pop("attachments")
        given["channel"] = Channel(given["channel"])
        given["phase"] = Phase(given["phase"])
        given.pop("client_key")
        return given
