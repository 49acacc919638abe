"""What people tell about how they want to read and be found."""

import datetime as dt
import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import (
    ConfidentialityAgreement,
    PresenceState,
    Theme,
    TrainingKind,
    User,
)

_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific")


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Return the time zones of places, those of Asia first."""
    places = sorted(
        (name for name in zoneinfo.available_timezones() if name.startswith(_REGIONS)),
        key=lambda name: (not name.startswith("Asia/"), name),
    )
    return tuple((name, name.replace("_", " ")) for name in [*places, "UTC"])


def given(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, even if it is nothing; None where a page is opened."""
    return request.POST if request.method == "POST" else None


class WhyForm(forms.Form):
    """Why something is asked for; a second person reads it."""

    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("A second person reads it before confirming."),
    )


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


class SignForm(forms.Form):
    """The signature under one version of the agreement."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=_("I have read the whole agreement, I understand it and I will keep it."),
    )
    typed_name = forms.CharField(
        label=_("Your name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Any,
        *,
        version: ConfidentialityAgreement,
        language: str,
    ) -> None:
        begin = {"version": version.number, "language": language}
        super().__init__(data, initial=begin)
        self._number = version.number

    def clean_version(self) -> int:
        """Refuse a page that showed another version than the one to be signed."""
        number = int(self.cleaned_data["version"])
        if number != self._number:
            raise forms.ValidationError(
                _("There is a newer version. Please read and sign that one.")
            )
        return number


class RecordForm(forms.Form):
    """What somebody passed, on which day, and until when it counts."""

    kind = forms.ChoiceField(label=_("What"), choices=TrainingKind.choices)
    passed = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("yes", _("Passed")), ("no", _("Not passed, or taken back"))],
        initial="yes",
    )
    on = forms.DateField(
        label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Valid until"),
        required=False,
        help_text=_("For security training that was passed; the whole day counts."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reference = forms.RegexField(
        r"^[A-Za-z0-9 ./_-]*$",
        label=_("Reference"),
        max_length=60,
        required=False,
        help_text=_("The number of a certificate or exam; no names."),
    )

    def __init__(self, data: Any, *, today: dt.date) -> None:
        in_a_year = today + dt.timedelta(days=364)
        super().__init__(data, initial={"on": today, "until": in_a_year})

    def wanted(self, now: dt.datetime) -> dict[str, Any]:
        """Return what the action takes; a day ends at midnight, today is now."""
        given = self.cleaned_data
        day, until = given["on"], given["until"]
        on = make_aware(dt.datetime.combine(day, dt.time()))
        ends = until and until + dt.timedelta(days=1)
        return {
            "kind": TrainingKind(given["kind"]),
            "passed": given["passed"] == "yes",
            "on": now if day == localtime(now).date() else on,
            "until": make_aware(dt.datetime.combine(ends, dt.time())) if ends else None,
            "reference": given["reference"],
        }


class DraftForm(forms.Form):
    """The draft of the next version of the agreement, in both languages."""

    text_zh = forms.CharField(label=_("Text in Chinese"), widget=forms.Textarea)
    text_en = forms.CharField(label=_("Text in English"), widget=forms.Textarea)
    changes_zh = forms.CharField(
        label=_("What is new, in Chinese"), widget=forms.Textarea, required=False
    )
    changes_en = forms.CharField(
        label=_("What is new, in English"), widget=forms.Textarea, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("text_zh", "text_en"):
            self.fields[name].help_text = _("A line that begins with # is a heading.")
            self.fields[name].widget.attrs["rows"] = 18
        for name in ("changes_zh", "changes_en"):
            self.fields[name].widget.attrs["rows"] = 3

    @staticmethod
    def of(begin: ConfidentialityAgreement | None, *, fresh: bool) -> dict[str, str]:
        """Return what the form begins with; what is new is new with each version."""
        if begin is None:
            return {}
        found = {"text_zh": begin.text_zh, "text_en": begin.text_en}
        if not fresh:
            found |= {"changes_zh": begin.changes_zh, "changes_en": begin.changes_en}
        return found


class PublishForm(forms.Form):
    effective_from = forms.DateField(
        label=_("In force from"),
        required=False,
        help_text=_(
            "Until then people are asked to sign and go on working. From then on "
            "customer data is closed to whoever has not signed. Empty: at once."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    sure = forms.BooleanField(
        label=_("I have read both texts. A published version can never be changed."),
    )


class LeavingForm(forms.Form):
    """When somebody leaves, and who takes over in each of the teams."""

    leaves_on = forms.DateField(
        label=_("Leaves on"),
        required=False,
        help_text=_("At the beginning of this day the account closes. Empty: at once."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    everywhere = forms.ModelChoiceField(
        label=_("One for all"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Takes over wherever nobody else is named and they can."),
    )

    def __init__(
        self, data: Any, *, teams: list[dict[str, Any]], today: dt.date
    ) -> None:
        super().__init__(data)
        self._today = today
        self._teams = teams
        people = {person.pk for each in teams for person in each["people"]}
        everybody = User.objects.filter(pk__in=people).order_by("display_name", "pk")
        self.fields["everywhere"].queryset = everybody  # type: ignore[attr-defined]
        if len(teams) < 2:  # noqa: PLR2004  # one team needs no "for all"
            del self.fields["everywhere"]
        for each in teams:
            able = everybody.filter(pk__in=[person.pk for person in each["people"]])
            alone = len(teams) == 1 and bool(each["people"])
            self.fields[self._name(each)] = forms.ModelChoiceField(
                label=str(each["team"]), queryset=able, required=alone
            )

    def clean_leaves_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["leaves_on"]
        if day and day < self._today:
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean(self) -> dict[str, Any]:
        """Ask for a successor wherever somebody could be one."""
        said = super().clean() or {}
        for each in self._teams:
            name = self._name(each)
            if each["people"] and not self._heir(each) and name not in self.errors:
                self.add_error(name, _("Say who takes over here."))
        return said

    def successors(self) -> dict[int, User]:
        """Return who takes over, by the key of the team."""
        found = {each["team"].pk: self._heir(each) for each in self._teams}
        return {team: heir for team, heir in found.items() if heir}

    def answers(self) -> list[dict[str, Any]]:
        """Return what was answered, to be read before it is meant."""
        return [each | {"heir": self._heir(each)} for each in self._teams]

    def leaves_at(self, now: dt.datetime) -> dt.datetime:
        day = self.cleaned_data["leaves_on"]
        return make_aware(dt.datetime.combine(day, dt.time())) if day else now

    def _heir(self, each: dict[str, Any]) -> User | None:
        chosen: User | None = self.cleaned_data.get(self._name(each))
        everywhere: User | None = self.cleaned_data.get("everywhere")
        return chosen or (everywhere if everywhere in each["people"] else None)

    @staticmethod
    def _name(each: dict[str, Any]) -> str:
        return f"team-{each['team'].pk}"
