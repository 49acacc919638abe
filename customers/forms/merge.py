"""Which two records are one customer, and what stays of each."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Field, Mode
from customers.queries import masks
from customers.queries.merges import compared
from customers.queries.numbers import read_code
from servicedesk.staff.models import User

KEPT, GONE, BOTH = "kept", "gone", "both"


class OtherForm(forms.Form):
    other = forms.CharField(
        label=gettext_lazy("Customer number of the other"),
        max_length=20,
        help_text=gettext_lazy("Such as C-000123."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_other(self) -> int:
        number = read_code(self.cleaned_data["other"])
        if number is None:
            raise forms.ValidationError(_("Type a customer number, such as C-000123."))
        return number


class MergeForm(forms.Form):
    """One choice for each field in which the two records differ."""

    def __init__(
        self, *args: Any, kept: Customer, gone: Customer, user: User, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kept, self.gone, self.user = kept, gone, user
        self.lines = compared(kept, gone, user)
        for field, label, one, other in self.lines:
            choices = [(KEPT, one or _("(empty)")), (GONE, other or _("(empty)"))]
            if field == "notes" and one and other:
                choices.append((BOTH, _("Both, one below the other")))
            self.fields[field] = forms.ChoiceField(
                label=label,
                choices=choices,
                initial=GONE if not one else BOTH if len(choices) > 2 else KEPT,  # noqa: PLR2004 - where both is a choice
                widget=forms.RadioSelect,
            )

    def take(self) -> dict[str, str]:
        """Return the fields that come from the other record, and how.

        What is hidden from the person fills what is empty, and replaces nothing.
        """
        chosen = {name: how for name, how in self.cleaned_data.items() if how != KEPT}
        modes = masks.modes_of(self.user)
        for field in ("address", "id_number", "notes"):
            hidden = modes[Field(field)] == Mode.HIDDEN
            if hidden and getattr(self.gone, field) and not getattr(self.kept, field):
                chosen[field] = GONE
        return chosen
