"""The questions that can be put to the log."""

import datetime as dt
from typing import Any

from auditlog.registry import auditlog
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.audit.models import Kind, LogEntry
from servicedesk.audit.objects import about, is_known
from servicedesk.core.addresses import as_address
from servicedesk.staff.models import User

LEFT_OUT = "…"
_PEOPLE_AT_MOST = 50


class SearchForm(forms.Form):
    """Every field may be empty; together they narrow."""

    who = forms.CharField(
        label=pgettext_lazy("audit log", "Who"), required=False, max_length=80
    )
    kind = forms.TypedChoiceField(
        label=_("What happened"),
        required=False,
        coerce=int,
        choices=[("", _("Anything")), *Kind.choices],
    )
    model = forms.ChoiceField(label=_("Kind of object"), required=False)
    about = forms.CharField(
        label=pgettext_lazy("audit log", "Object"),
        required=False,
        max_length=64,
        help_text=_("Number of a ticket or customer, or a key"),
    )
    address = forms.CharField(
        label=pgettext_lazy("audit log", "Address"), required=False, max_length=64
    )
    since = forms.DateField(
        label=pgettext_lazy("audit log", "From"), required=False, widget=forms.DateInput
    )
    until = forms.DateField(
        label=pgettext_lazy("audit log", "Until"),
        required=False,
        widget=forms.DateInput,
    )
    cid = forms.CharField(label=_("Correlation id"), required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(
            (str(model._meta.verbose_name), model._meta.label_lower)
            for model in auditlog.get_models()
        )
        choices = [("", _("Anything")), *((key, name) for name, key in names)]
        self.fields["model"].choices = choices  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].widget.input_type = "date"

    def clean_address(self) -> str:
        """Take an IP address only."""
        typed = self.cleaned_data["address"].strip()
        if typed and not as_address(typed):
            raise ValidationError(_("This is no IP address."))
        return as_address(typed) or ""

    def clean(self) -> None:
        """Refuse a time that ends before it begins."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))

    def asked(self) -> dict[str, str]:
        """Return what was asked for, by the names of the fields."""
        given = self.cleaned_data.items()
        return {name: str(value) for name, value in given if value not in {"", None}}

    def noted(self) -> dict[str, str]:
        """Return what the log keeps of it: no words that may be a customer's."""
        asked = self.asked()
        if "about" in asked and not is_known(asked["about"].strip()):
            asked["about"] = LEFT_OUT
        if "who" in asked and not _people(asked["who"].strip()):
            asked["who"] = LEFT_OUT
        if "cid" in asked and not asked["cid"].strip().isalnum():
            asked["cid"] = LEFT_OUT
        return asked

    def narrow(self, entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        """Return the entries that answer the questions."""
        asked = self.cleaned_data
        if asked["who"].strip():
            entries = entries.filter(actor__in=_people(asked["who"].strip()))
        if asked["kind"] != "":
            entries = entries.filter(action=asked["kind"])
        if asked["model"]:
            label, name = asked["model"].split(".")
            kind = ContentType.objects.get_by_natural_key(label, name)
            entries = entries.filter(content_type=kind)
        if asked["about"].strip():
            entries = entries.filter(about(asked["about"].strip()))
        same = {"remote_addr": asked["address"], "cid": asked["cid"].strip()}
        entries = entries.filter(**{name: to for name, to in same.items() if to})
        return _within(entries, asked["since"], asked["until"])


def _within(
    entries: QuerySet[LogEntry], since: dt.date | None, until: dt.date | None
) -> QuerySet[LogEntry]:
    if since:
        entries = entries.filter(timestamp__gte=_midnight(since))
    if until:
        after = _midnight(until + dt.timedelta(days=1))
        entries = entries.filter(timestamp__lt=after)
    return entries


def _people(typed: str) -> list[int]:
    named = (
        Q(username__iexact=typed)
        | Q(email__iexact=typed)
        | Q(display_name__icontains=typed)
    )
    found = User.objects.filter(named).values_list("pk", flat=True)
    return list(found[:_PEOPLE_AT_MOST])


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
