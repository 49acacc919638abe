"""A text column that is encrypted at rest and bound to its row."""

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django import forms
from django.core import validators
from django.core.exceptions import FieldError
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.core.encryption.errors import SealedValueError, Unreadable
from servicedesk.core.encryption.forms import SealedCharField
from servicedesk.core.encryption.holding import SealedAttribute
from servicedesk.core.encryption.sealed import Sealed

_ST_contra = TypeVar("_ST_contra", contravariant=True)
_GT_co = TypeVar("_GT_co", covariant=True)

if TYPE_CHECKING:

    class _Field(models.Field[_ST_contra, _GT_co]):
        """The typed face of Django's field."""
else:

    class _Field(models.Field):
        """Django's field, which takes type arguments only on paper."""

        def __class_getitem__(cls, _types: object) -> type:
            return cls


class SealedTextField(_Field[_ST_contra, _GT_co]):
    """Text that only its own row can show: `SealedTextField(label="customers.name")`.

    `label` is pinned for ever: it derives the key and is part of what is authenticated,
    so a renamed model or column keeps its data. Two fields never share one.
    `max_length` counts characters of the clear text and is checked by forms and
    `full_clean`, not by the database.

    Reading gives `str`, or `Unreadable` when it cannot be opened. Lookups other than
    `isnull`, expressions, `update()` and `bulk_update()` with text, and serialisers
    are refused. `values()` gives an opaque `Sealed`.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: str | Unreadable | Sealed
        _pyi_private_get_type: str | Unreadable
        _pyi_lookup_exact_type: Any

    description = _("Encrypted text")
    descriptor_class = SealedAttribute
    empty_strings_allowed = True

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        self.label = label
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, list(args), {**kwargs, "label": self.label}

    def get_internal_type(self) -> str:
        return "BinaryField"

    # --- to and from the database ---

    def from_db_value(
        self, value: Any, _expression: object, _connection: object
    ) -> Sealed | None:
        return None if value is None else Sealed(bytes(value), self.label)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: ARG002, FBT001
        attribute = getattr(type(model_instance), self.attname)
        stored: Sealed | None = attribute.to_store(model_instance)
        return stored

    def get_prep_value(self, value: Any) -> Sealed | None:
        if value is None:
            return None
        # Only a value that knows its row goes down; text that comes by update(),
        # bulk_update() or a lookup would be stored for no row at all.
        if not isinstance(value, Sealed) or value.label != self.label or not value.pk:
            self.refuse("is written by saving its object, not by a query")
        return value

    def get_db_prep_value(
        self,
        value: Any,
        connection: Any,
        prepared: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        sealed = value if prepared else self.get_prep_value(value)
        if isinstance(sealed, Sealed):
            return connection.Database.Binary(sealed.envelope)
        return sealed

    def get_placeholder(
        self, value: Any, _compiler: object, _connection: object
    ) -> str:
        if hasattr(value, "resolve_expression"):
            self.refuse("is written by saving its object, not by an expression")
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            self.refuse(
                f"cannot be searched ({lookup_name}): ask the blind index beside it"
            )
        return super().get_lookup(lookup_name)

    def refuse(self, what: str) -> NoReturn:
        """Say what a sealed field does not do."""
        raise FieldError(f"{self.label} is encrypted and {what}.")

    # --- to and from people ---

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, (str, Sealed, Unreadable)):
            return value
        return str(value)

    def run_validators(self, value: Any) -> None:
        if not isinstance(value, (Sealed, Unreadable)):
            super().run_validators(value)

    def value_to_string(self, obj: models.Model) -> NoReturn:  # noqa: ARG002
        raise SealedValueError(f"{self.label} is encrypted and is not serialised.")

    def formfield(self, **kwargs: Any) -> Any:
        """Return a form field that shows an unreadable value, disabled."""
        defaults: dict[str, Any] = {
            "form_class": SealedCharField,
            "max_length": self.max_length,
        }
        if self.max_length is None:
            defaults["widget"] = forms.Textarea
        if self.null:
            defaults["empty_value"] = None
        return super().formfield(**{**defaults, **kwargs})
