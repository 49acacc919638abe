"""Ask for an export: which customers, which columns, and what for."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerKind, ExportFormat, RevealPurpose, Tag
from customers.queries.export_rows import COLUMNS
from servicedesk.staff.models import Team

_PROMOTION = "promotion"


class ExportForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=[*RevealPurpose.choices, (_PROMOTION, _("Promotion"))],
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever approves it reads this."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All")), *CustomerKind.choices], required=False
    )
    team = forms.ModelChoiceField(
        Team.objects.active(), label=_("Team"), required=False, empty_label=_("All")
    )
    tag = forms.ModelChoiceField(
        Tag.objects.filter(active=True),
        label=_("Tag"),
        required=False,
        empty_label=_("All"),
    )
    since = forms.DateField(
        label=_("Customer since, from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=_("Customer since, to"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        choices=[(column.key, column.label) for column in COLUMNS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As few as the purpose needs."),
    )
    format = forms.ChoiceField(label=_("Format"), choices=ExportFormat.choices)

    def clean_purpose(self) -> str:
        purpose: str = self.cleaned_data["purpose"]
        if purpose == _PROMOTION:
            raise forms.ValidationError(
                gettext(
                    "Customer data may not be used for selling or promotion. "
                    "No approval lifts this rule."
                )
            )
        return purpose

    def filters(self) -> dict[str, Any]:
        """Return which customers are meant, as keys and dates."""
        given = self.cleaned_data
        found: dict[str, Any] = {"kind": given["kind"]} if given["kind"] else {}
        for name in ("team", "tag"):
            if given[name]:
                found[name] = given[name].pk
        for name in ("since", "until"):
            if given[name]:
                found[name] = given[name].isoformat()
        return found

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs, under its own names."""
        names = ("purpose", "reason", "columns", "format")
        given = {name: self.cleaned_data[name] for name in names}
        return {**given, "filters": self.filters()}
