"""What is asked to make a record, and to change it: each field as far as one may."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.identify import Contact, parse_contact
from customers.actions.records import Given
from customers.forms.fields import UNSEALED, OneOfField, agreed, agreed_way
from customers.models import ContactKind, Customer, CustomerKind, Field, Mode, Tag
from customers.queries import masks
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.forms import SealedCharField
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids

_LABELS = {
    "name": gettext_lazy("Name"),
    "address": gettext_lazy("Address"),
    "id_number": gettext_lazy("ID number"),
    "notes": gettext_lazy("Notes"),
}
_LONG = {"address": 2, "notes": 4}
_FIELDS = {name: Field(name) for name in _LABELS}


def _text(name: str, *, required: bool = False) -> SealedCharField:
    rows = _LONG.get(name)
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if rows:
        attrs["rows"] = rows
    widget = forms.Textarea(attrs) if rows else forms.TextInput(attrs)
    return SealedCharField(
        label=_LABELS[name], required=required, max_length=UNSEALED[name], widget=widget
    )


class _RecordForm(forms.Form):
    """The open fields of a record."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CustomerKind.choices)
    city = forms.CharField(label=gettext_lazy("City"), max_length=60, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Preferred language"), choices=settings.LANGUAGES
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Preferred channel"),
        choices=[("", gettext_lazy("No preference")), *ContactKind.choices],
        required=False,
    )
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.none(),
        label=gettext_lazy("Tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def offer_tags(self, used: Iterable[Any] = ()) -> None:
        """Offer the tags in use, and those that the record has already."""
        field = cast("forms.ModelMultipleChoiceField[Tag]", self.fields["tags"])
        field.queryset = Tag.objects.filter(active=True) | Tag.objects.filter(
            pk__in=list(used)
        )

    def require_consent(self, value: Any) -> None:
        """Refuse an ID number without the consent of its own."""
        if value and "agreed" in self.fields and not self.cleaned_data.get("agreed"):
            self.add_error(
                "agreed", _("Without this consent the ID number may not be kept.")
            )

    def consent_way(self) -> str:
        """Return how the consent to sensitive data was given; "" without one."""
        given = self.cleaned_data
        return str(given.get("agreed_way") or "phone") if given.get("agreed") else ""


class NewCustomerForm(_RecordForm):
    """A new record: whoever writes it down hears the values, so they are in clear."""

    name = _text("name", required=True)
    contact = forms.CharField(
        label=gettext_lazy("Phone or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team = OneOfField(label=gettext_lazy("Owning team"))
    address = _text("address")
    id_number = _text("id_number")
    agreed = agreed()
    agreed_way = agreed_way()
    notes = _text("notes")
    field_order = (
        "name", "contact", "kind", "team", "language", "channel", "city", "address",
        "id_number", "agreed", "agreed_way", "tags", "notes",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_tags()
        teams = Team.objects.filter(pk__in=team_ids(user)).order_by("slug")
        cast("OneOfField", self.fields["team"]).offer(teams)
        modes = masks.modes_of(user)
        # What one may never see one does not collect either.
        hidden = [name for name in ("address", "id_number", "notes")
                  if modes[_FIELDS[name]] == Mode.HIDDEN]  # fmt: skip
        for name in hidden:
            del self.fields[name]
        if "id_number" in hidden:
            del self.fields["agreed"], self.fields["agreed_way"]

    def clean_contact(self) -> Contact:
        try:
            return parse_contact(self.cleaned_data["contact"])
        except RuleError as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def clean(self) -> dict[str, Any]:
        self.require_consent(self.cleaned_data.get("id_number"))
        return self.cleaned_data

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs, under its own names."""
        given = self.cleaned_data
        sealed = {
            name: given[name]
            for name in ("address", "id_number", "notes")
            if given.get(name)
        }
        return {
            "name": given["name"],
            "contact": given["contact"],
            "language": given["language"],
            "team": given["team"],
            "given": Given(
                kind=given["kind"],
                city=given["city"],
                channel=given["channel"],
                sealed=sealed,
                tags=list(given["tags"]),
                consent_way=self.consent_way(),
            ),
        }


class EditCustomerForm(_RecordForm):
    """Each sealed field by what the reader's roles see of it.

    What one may edit shows its value. What is masked can be replaced without being
    read: empty leaves it, "remove" removes it. What is hidden is not there.
    """

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        user: User,
        seen: UUID | None,
        has_consent: bool,
        **kwargs: Any,
    ) -> None:
        self.customer = customer
        used = [tag.pk for tag in customer.tags.all()]
        initial = {
            name: getattr(customer, name)
            for name in ("kind", "city", "language", "channel")
        }
        kwargs["initial"] = initial | {"tags": used, "seen": seen}
        super().__init__(*args, **kwargs)
        self.offer_tags(used)
        self.replaced: list[str] = []
        modes = masks.modes_of(user)
        for name, field in _FIELDS.items():
            if modes[field] != Mode.HIDDEN:
                self._add(name, modes[field], user)
        if "id_number" in self.fields and not has_consent:
            self.fields["agreed"] = agreed()
            self.fields["agreed_way"] = agreed_way()
        self.order_fields(
            ["name", "kind", "language", "channel", "city", "address",
             "remove_address", "id_number", "remove_id_number", "agreed",
             "agreed_way", "tags", "notes", "remove_notes"]
        )  # fmt: skip

    def _add(self, name: str, mode: Mode, user: User) -> None:
        value = getattr(self.customer, name)
        field = _text(name, required=name == "name" and mode == Mode.EDIT)
        self.fields[name] = field
        if mode == Mode.EDIT:
            masks.shown(_FIELDS[name], value, user)  # hears of a poisoned note
            self.initial[name] = value
            return
        self.replaced.append(name)
        if not value:
            return
        seen = masks.shown(_FIELDS[name], value, user)
        field.help_text = _("Now: %(value)s. Empty leaves it as it is.") % {
            "value": _plain(seen.text)
        }
        if name != "name":
            self.fields[f"remove_{name}"] = forms.BooleanField(
                label=_("Remove: %(field)s") % {"field": _LABELS[name]}, required=False
            )

    def clean(self) -> dict[str, Any]:
        value = self.cleaned_data.get("id_number")
        # Who may not read it is not told, by what is asked for, that it is the same.
        if "id_number" in self.replaced or value != self.customer.id_number:
            self.require_consent(value)
        return self.cleaned_data

    def guesses(self) -> list[tuple[str, str]]:
        """Return the values that records are compared by, as far as they are new."""
        found = self.changes()
        return [
            (name, found[name]) for name in ("name", "id_number") if found.get(name)
        ]

    def changes(self) -> dict[str, Any]:
        """Return the new value of each field that was changed."""
        given = self.cleaned_data
        found: dict[str, Any] = {
            name: given[name]
            for name in ("kind", "city", "language", "channel")
            if name in self.changed_data
        }
        for name in _FIELDS:
            if name not in self.fields or isinstance(given.get(name), Unreadable):
                continue
            if name in self.replaced:
                if given.get(f"remove_{name}"):
                    found[name] = None
                elif given[name]:
                    found[name] = given[name]
            elif name in self.changed_data:
                found[name] = given[name] or None
        return found


def _plain(text: str) -> str:
    """Help texts are not escaped when they are shown, so this is."""
    return escape(text)


class TeamForm(forms.Form):
    team = OneOfField(label=gettext_lazy("To the team"))

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Team.objects.active().exclude(pk=customer.team_id).order_by("slug")
        cast("OneOfField", self.fields["team"]).offer(
            others, gettext_lazy("Please choose")
        )
