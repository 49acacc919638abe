"""What a request for access asks for, and what a decision says."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import AccessGrant, Customer, GrantScope, RevealPurpose

HOURS = (1, 4, 24, 72, 168, 336, 720)
_DAY = 24


def length_label(hours: int) -> str:
    """Return a length of time in words."""
    if hours < _DAY:
        return ngettext("%(number)d hour", "%(number)d hours", hours) % {
            "number": hours
        }
    days = hours // _DAY
    return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}


class AskForm(forms.Form):
    """Whom, what, what for, why in words, and how long."""

    customer = forms.CharField(
        label=gettext_lazy("Customer number"),
        max_length=20,
        help_text=gettext_lazy("Such as C-000123."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What is needed"),
        choices=GrantScope.choices,
        widget=forms.RadioSelect,
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=RevealPurpose.choices,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Who decides reads it; it is kept encrypted."),
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"), coerce=int, initial=_DAY
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each, length_label(each)) for each in HOURS]
        self.fields["hours"].choices = choices  # type: ignore[attr-defined]

    def clean_customer(self) -> Customer:
        """Find the customer by the number, in either spelling."""
        typed = self.cleaned_data["customer"].strip().upper().removeprefix("C-")
        found = None
        if typed.isascii() and typed.isdecimal():
            found = Customer.objects.present().filter(number=int(typed)).first()
        if found is None:
            raise ValidationError(_("There is no customer with this number."))
        return found

    def length(self) -> dt.timedelta:
        """Return how long it is asked for."""
        return dt.timedelta(hours=self.cleaned_data["hours"])


class DecideForm(forms.Form):
    """Yes as asked, yes for a shorter time, or no."""

    AS_ASKED = 0
    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"), coerce=int, initial=AS_ASKED
    )

    def __init__(
        self, *args: Any, grant: AccessGrant, now: dt.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._grant, self._now = grant, now
        rest = grant.until - now
        shorter = [each for each in HOURS if dt.timedelta(hours=each) < rest]
        choices = [(self.AS_ASKED, _("As long as was asked for"))]
        choices += [(each, length_label(each)) for each in shorter]
        self.fields["hours"].choices = choices  # type: ignore[attr-defined]

    def until(self) -> dt.datetime:
        """Return until when it is given."""
        hours = self.cleaned_data["hours"]
        if hours == self.AS_ASKED:
            return self._grant.until
        return self._now + dt.timedelta(hours=hours)
