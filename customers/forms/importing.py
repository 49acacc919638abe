"""Upload a file of customers, and say what its columns mean."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import ConsentWay, KnownPolicy, LawfulBasis
from customers.queries.import_fields import COLUMNS
from servicedesk.core.file_kinds import content_fits
from servicedesk.core.scanning import refusal
from servicedesk.core.sheets import MOST_BYTES
from servicedesk.staff.models import Team

_KINDS = (".csv", ".txt", ".xlsx")
_REST = ("known", "team", "language", "basis", "way")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or XLSX. The first row names the columns; one row is one customer."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(most)s. Split it.")
                % {"most": filesizeformat(MOST_BYTES)}
            )
        if not str(file.name).lower().endswith(_KINDS):
            raise forms.ValidationError(_("Choose a CSV or an XLSX file."))
        if not content_fits(str(file.name), file):
            raise forms.ValidationError(
                _("%(name)s does not contain what its name says.") % {"name": file.name}
            )
        if words := refusal(file):
            raise forms.ValidationError(words)
        return file


class MappingForm(forms.Form):
    """A choice for each column, and what holds for all rows."""

    known = forms.ChoiceField(
        label=gettext_lazy("Customers who are on record already"),
        choices=KnownPolicy.choices,
    )
    team = forms.ModelChoiceField(
        Team.objects.active(),
        label=gettext_lazy("Owning team of new customers"),
        empty_label="–",
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language, where the file names none"),
        choices=settings.LANGUAGES,
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Lawful basis of these data"),
        choices=[("", "–"), *LawfulBasis.choices],
        help_text=gettext_lazy("It is recorded with every new customer."),
    )
    way = forms.ChoiceField(
        label=gettext_lazy("How they were collected"),
        choices=[("", "–"), *ConsentWay.choices],
    )

    def __init__(
        self, *args: Any, heads: list[str], teams: frozenset[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        own = Team.objects.active().filter(pk__in=teams)
        self.fields["team"].queryset = own  # type: ignore[attr-defined]
        choices = [("", _("Leave out")), *((c.key, c.label) for c in COLUMNS)]
        self.heads = heads
        for place, head in enumerate(heads):
            self.fields[f"column{place}"] = forms.ChoiceField(
                label=head or _("Column %(number)d") % {"number": place + 1},
                choices=choices,
                required=False,
            )

    def mapping(self) -> dict[str, str]:
        """Return the field of each column that is not left out, by its place."""
        given = self.cleaned_data
        return {
            str(place): given[f"column{place}"]
            for place in range(len(self.heads))
            if given.get(f"column{place}")
        }

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs, under its own names."""
        given = {name: self.cleaned_data[name] for name in _REST}
        return {**given, "mapping": self.mapping()}

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[f"column{place}"] for place in range(len(self.heads))]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in _REST]
