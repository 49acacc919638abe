"""Take a finding upon oneself: why, and until when."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.core.models import LONGEST_PATIENCE


class AcknowledgeForm(forms.Form):
    """A reason in words, and a day that is not too far."""

    why = forms.CharField(
        label=_("Why it can wait, and what is done about it"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("No customer’s data."),
    )
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most 90 days; then it counts again."),
    )

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_until(self) -> dt.datetime:
        """Take the end of the day, not past the longest time."""
        day: dt.date = self.cleaned_data["until"]
        end = timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))
        if end <= self.now:
            raise ValidationError(_("This day is over already."))
        if end - self.now > LONGEST_PATIENCE + dt.timedelta(days=1):
            raise ValidationError(_("A finding can be put aside for 90 days at most."))
        return min(end, self.now + LONGEST_PATIENCE)
