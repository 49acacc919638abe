"""The mask matrix as one form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from customers.models import Field, Mode
from customers.queries import mask_matrix
from servicedesk.staff.models import Role


class MatrixForm(forms.Form):
    """A choice for every role and field, and the state that was looked at."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.roles = mask_matrix.roles()
        rules = mask_matrix.rules()
        initial = {"seen": mask_matrix.state_of(rules.values())}
        super().__init__(*args, **kwargs)
        self.initial = initial
        for role in self.roles:
            for field in Field:
                rule = rules.get((role.pk, field))
                self.fields[_name(role, field)] = _choice(
                    role, field, rule.mode if rule else Mode.HIDDEN
                )

    def modes(self) -> dict[tuple[int, str], Mode]:
        """Return what was chosen, by role and field."""
        return {
            (role.pk, field.value): Mode(self.cleaned_data[_name(role, field)])
            for role in self.roles
            for field in Field
        }

    def lines(self) -> list[dict[str, Any]]:
        """Return the rows of the table: a role and its cells."""
        return [
            {"role": role, "cells": [self[_name(role, field)] for field in Field]}
            for role in self.roles
        ]


def _name(role: Role, field: Field) -> str:
    return f"{role.key}-{field}"


def _choice(role: Role, field: Field, mode: int) -> forms.TypedChoiceField:
    words = _("%(role)s: %(field)s") % {"role": role, "field": field.label}
    select = forms.Select(attrs={"aria-label": words, "class": "mask-matrix__mode"})
    return forms.TypedChoiceField(
        label=words,
        choices=[(each.value, each.label) for each in mask_matrix.offered(field)],
        coerce=int,
        initial=mode,
        widget=select,
    )
