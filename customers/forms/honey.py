"""Where a made-up customer is to be."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import Team


class PlantForm(forms.Form):
    team: Any = forms.ModelChoiceField(
        label=_("Owning team"),
        queryset=Team.objects.filter(active=True).order_by("pk"),
        help_text=_("It appears among this team’s customers within a day."),
    )
