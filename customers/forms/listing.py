"""Which customers a list shows. What a filter does not know counts as no filter."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.forms.fields import OneOfField
from customers.models import CustomerKind, Tag
from customers.queries.listing import Narrow, cities
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids

QUALITY = [
    ("", pgettext_lazy("customer filter", "Any record")),
    ("stale", pgettext_lazy("customer filter", "Not confirmed for a year")),
    ("incomplete", pgettext_lazy("customer filter", "Without a living contact")),
]


class ListForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[
            ("", pgettext_lazy("customer filter", "Any kind")),
            *CustomerKind.choices,
        ],
    )
    tag = OneOfField(label=gettext_lazy("Tag"), required=False)
    team = OneOfField(label=gettext_lazy("Team"), required=False)
    quality = forms.ChoiceField(
        label=gettext_lazy("Record"), required=False, choices=QUALITY
    )
    # A choice, because what is typed into an address may be a name.
    city = forms.ChoiceField(label=gettext_lazy("City"), required=False)

    def __init__(self, data: Mapping[str, Any], *, user: User) -> None:
        super().__init__(data)
        tags = list(Tag.objects.filter(active=True))
        cast("OneOfField", self.fields["tag"]).offer(
            tags, pgettext_lazy("customer filter", "Any tag")
        )
        if not tags:
            del self.fields["tag"]
        known = [(each, each) for each in cities(user)]
        cast("forms.ChoiceField", self.fields["city"]).choices = [
            ("", pgettext_lazy("customer filter", "Any city")),
            *known,
        ]
        keys = team_ids(user)
        if len(keys) > 1:
            cast("OneOfField", self.fields["team"]).offer(
                Team.objects.filter(pk__in=keys).order_by("pk"),
                pgettext_lazy("customer filter", "All my teams"),
            )
        else:
            del self.fields["team"]
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def narrow(self) -> Narrow:
        """Return what the customers have to be."""
        self.is_valid()
        given = self.cleaned_data
        return Narrow(
            kind=given.get("kind", ""),
            tag=given.get("tag"),
            team=given.get("team"),
            city=given.get("city", ""),
            quality=given.get("quality", ""),
        )

    def asked(self) -> dict[str, str]:
        """Return the filters for an address: none of them names a customer."""
        given = self.cleaned_data
        texts = {name: given.get(name) for name in self.fields}
        return {
            name: str(getattr(value, "pk", value))
            for name, value in texts.items()
            if value
        }
