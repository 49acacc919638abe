"""Fields that several forms about customers share."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from customers.models import ConsentWay

UNSEALED = {
    "name": 120,
    "address": 300,
    "id_number": 40,
    "notes": 4000,
}
"""The most characters of each sealed field of a record."""


class OneOfField(forms.ChoiceField):
    """One of some rows that are at hand already; what is chosen is the row."""

    rows: Mapping[str, Any]

    def offer(self, rows: Iterable[Model], empty: Any = "") -> None:
        """Set what can be chosen, each once, in this order."""
        self.rows = {str(row.pk): row for row in rows}
        labels = [(key, str(row)) for key, row in self.rows.items()]
        self.choices = [("", empty), *labels] if empty else labels

    def clean(self, value: Any) -> Any:
        return self.rows.get(super().clean(value))


class MomentField(forms.DateTimeField):
    """A moment, as browsers write it."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
    )


def agreed() -> forms.BooleanField:
    """Return the box that stands before sensitive data."""
    return forms.BooleanField(
        label=_("The customer agreed separately that this is kept"),
        required=False,
        help_text=_(
            "ID numbers and payment accounts are sensitive data: the law asks for a "
            "consent of their own. It is written down with the record."
        ),
    )


def agreed_way() -> forms.ChoiceField:
    """Return how that consent was given."""
    return forms.ChoiceField(
        label=_("Consent given"),
        choices=ConsentWay.choices,
        initial=ConsentWay.PHONE,
        required=False,
    )
