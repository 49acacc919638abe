"""What officers fill in about records of processing and impact assessments."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import DocumentKind, PrivacyDocumentVersion


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    next_review = forms.DateField(
        label=_("Next review"), widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = PrivacyDocumentVersion
        fields = ["purpose", "data", "risks", "measures"]
        widgets = {
            name: forms.Textarea(attrs={"rows": 5})
            for name in ("purpose", "data", "risks", "measures")
        }

    def words(self) -> Any:
        """Return what the version says."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class DocumentForm(VersionForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=DocumentKind.choices)
    title = forms.CharField(label=_("Title"), max_length=120)
    field_order = [
        "kind",
        "title",
        "purpose",
        "data",
        "risks",
        "measures",
        "next_review",
    ]
