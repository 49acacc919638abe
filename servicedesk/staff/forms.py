"""What people tell about how they want to read and be found."""

import zoneinfo
from functools import cache

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import PresenceState, Theme, User

_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific")


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Return the time zones of places, those of Asia first."""
    places = sorted(
        (name for name in zoneinfo.available_timezones() if name.startswith(_REGIONS)),
        key=lambda name: (not name.startswith("Asia/"), name),
    )
    return tuple((name, name.replace("_", " ")) for name in [*places, "UTC"])


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Colleagues and customers see it.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    theme = forms.ChoiceField(label=_("Appearance"), choices=Theme.choices)
    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_(
            "J, K, R, N, A, E and so on, outside of text fields. "
            "Switch them off if you dictate or use a screen reader."
        ),
    )

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        """Return the form filled with what is set now."""
        return cls(initial={name: getattr(user, name) for name in cls.base_fields})


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme.choices)


class PresenceForm(forms.Form):
    state = forms.ChoiceField(choices=PresenceState.choices)
