"""The form field of a sealed text."""

from typing import Any

from django import forms

from servicedesk.core.encryption.errors import Unreadable


class SealedCharField(forms.CharField):
    """Text as usual; a value that cannot be read is shown disabled and left alone.

    Otherwise the sentence that explains would come back with the form, and be saved.
    """

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        if isinstance(form.get_initial_for_field(self, field_name), Unreadable):
            self.disabled = True
        return super().get_bound_field(form, field_name)

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Unreadable) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Unreadable) else super().to_python(value)

    def run_validators(self, value: Any) -> None:
        if not isinstance(value, Unreadable):
            super().run_validators(value)
