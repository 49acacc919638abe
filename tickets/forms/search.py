"""What somebody looks for, and what the tickets have to be."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.core.search.asked import Asked, read
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids
from tickets.queries.search import Narrow

_MOST_WORDS = 200
_NARROWING = ("status", "team", "since", "mine")


class SearchForm(forms.Form):
    """The words, and the filters. What a filter does not know counts as no filter."""

    words = forms.CharField(
        label=gettext_lazy("Search for"),
        max_length=_MOST_WORDS,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}
        ),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[
            ("", pgettext_lazy("search filter", "Any status")),
            ("open", pgettext_lazy("search filter", "Still open")),
            ("done", pgettext_lazy("search filter", "Resolved or closed")),
            ("spam", pgettext_lazy("search filter", "Spam")),
        ],
    )
    since = forms.ChoiceField(
        label=gettext_lazy("Last written"),
        required=False,
        choices=[
            ("", pgettext_lazy("search filter", "Any time")),
            ("7", gettext_lazy("In the last 7 days")),
            ("30", gettext_lazy("In the last 30 days")),
            ("365", gettext_lazy("In the last 12 months")),
        ],
    )
    team = forms.TypedChoiceField(
        label=gettext_lazy("Team"), required=False, coerce=int, empty_value=None
    )
    mine = forms.BooleanField(label=gettext_lazy("Only mine"), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None, *, user: User, first: bool = False
    ) -> None:
        super().__init__(data)
        if first:
            self.fields["words"].widget.attrs["autofocus"] = True
        keys = team_ids(user)
        if len(keys) > 1:
            teams = Team.objects.filter(pk__in=keys).order_by("pk")
            field = self.fields["team"]
            assert isinstance(field, forms.TypedChoiceField)
            choices = [(str(team.pk), str(team)) for team in teams]
            field.choices = [("", str(_("All my teams"))), *choices]
        else:
            del self.fields["team"]
        for name in ("status", "since", "team"):
            if name in self.fields:
                self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    def clean_words(self) -> str:
        """Refuse what holds no word to look for."""
        words: str = self.cleaned_data["words"]
        if not self.asked(words):
            raise forms.ValidationError(
                _("Type a word or a number; a minus alone excludes and finds nothing.")
            )
        return words

    @staticmethod
    def asked(words: str) -> Asked:
        """Return what the words ask for."""
        return read(words)

    def narrow(self, now: dt.datetime) -> Narrow:
        """Return what the tickets have to be; call after `is_valid`."""
        given = self.cleaned_data
        days = given.get("since")
        return Narrow(
            status=given.get("status", ""),
            team=given.get("team"),
            mine=given.get("mine", False),
            since=now - dt.timedelta(days=int(days)) if days else None,
        )

    def filters(self) -> dict[str, str]:
        """Return the filters for an address: none of them is a customer's."""
        given = self.cleaned_data
        texts = {name: given.get(name) for name in _NARROWING}
        return {
            name: "on" if value is True else str(value)
            for name, value in texts.items()
            if value
        }
