"""How a person wants to hear of what."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from servicedesk.core.access import may
from servicedesk.core.models import QuietHours, Way
from servicedesk.core.notifications.registry import NotificationKind, kinds


def kinds_for(user: AbstractBaseUser) -> list[NotificationKind]:
    """Return the kinds that can concern the user and leave something to choose."""
    return [
        kind
        for kind in kinds()
        if kind.letter is None and (not kind.permission or may(user, kind.permission))
    ]


def field_of(kind: NotificationKind) -> str:
    """Return the name of a kind's field; a dot would not do in a form."""
    return kind.key.replace(".", "-")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One choice for each kind, and the quiet hours."""

    class Meta:
        model = QuietHours
        fields = ("begin", "end", "weekends", "urgent_passes", "also_present")
        labels = {
            "begin": _("No e-mail from"),
            "end": _("until"),
            "weekends": _("No e-mail at weekends"),
            "urgent_passes": _("What is urgent may come in quiet hours"),
            "also_present": _("E-mail also while I am at the desk"),
        }
        help_texts = {
            "end": _(
                "In your time zone. What comes in between waits and then comes "
                "together. The same time twice means no quiet hours."
            ),
            "also_present": _("Otherwise only while you are away or offline."),
        }
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("begin", "end")
        }

    def __init__(
        self, *args: Any, chosen: Sequence[NotificationKind], **given: Any
    ) -> None:
        """Make the form with a field for each of the kinds."""
        super().__init__(*args, **given)
        for kind in chosen:
            choices = [
                way for way in Way.choices if not (kind.fixed and way[0] == Way.NONE)
            ]
            self.fields[field_of(kind)] = forms.ChoiceField(
                label=str(kind.title),
                choices=choices,
                help_text=_("Urgent.") if kind.urgent else "",
            )
        self.order_fields([*map(field_of, chosen), *self.Meta.fields])
