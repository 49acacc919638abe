"""The attribute of a row object: sealed inside, opened only while it is read."""

import threading
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import Promise

from servicedesk.core.encryption.envelope import seal
from servicedesk.core.encryption.errors import KeyMissing, SealedValueError, Unreadable
from servicedesk.core.encryption.sealed import Sealed, Unsealed, row_key

if TYPE_CHECKING:
    from servicedesk.core.encryption.fields import SealedTextField


class _LastRead(threading.local):
    """The value this thread opened last (its bytes, never its text).

    `refresh_from_db` reads the attribute of a fresh object and sets it here: seen
    together they tell that the stored bytes can stay as they are.
    """

    sealed: Sealed | None = None


_last_read = _LastRead()


def _is_text_of(sealed: Sealed | None, text: str, label: str, key: str) -> bool:
    if sealed is None or sealed.label != label or sealed.pk != key:
        return False
    return sealed.read() == text


class SealedAttribute(DeferredAttribute):
    """Decrypts on access; a text that is set is encrypted at once."""

    field: "SealedTextField[Any, Any]"

    def __get__(self, instance: Model | None, cls: type[Model] | None = None) -> Any:
        if instance is None:
            return self
        held = super().__get__(instance, cls)
        if isinstance(held, Unsealed):
            return held.clear
        if not isinstance(held, Sealed):
            return held
        bound = held.bound(self.key(instance))
        if bound.pk is None:
            return held
        instance.__dict__[self.field.attname] = bound
        _last_read.sealed = bound
        return bound.read()

    def __set__(self, instance: Model, value: object) -> None:
        instance.__dict__[self.field.attname] = self.held(instance, value)

    def key(self, instance: Model) -> str | None:
        """Return what the row's values are bound to, None while it has no key."""
        # From the dictionary: asking the attribute of a half-built object would query.
        pk = self.field.model._meta.pk
        value = instance.__dict__.get(pk.attname)
        return None if value is None else row_key(pk.to_python(value))

    def held(self, instance: Model, value: object) -> object:
        """Turn what is being set into what is kept."""
        key = self.key(instance)
        if isinstance(value, Sealed):
            if value.label != self.field.label:
                raise SealedValueError(
                    f"A value of {value.label} cannot be set on {self.field.label}."
                )
            return value.bound(key)
        if isinstance(value, Unreadable):
            own = value.sealed.label == self.field.label and value.sealed.pk == key
            # What belongs elsewhere is kept to be shown, and refused by pre_save.
            return value.sealed if own else value
        if isinstance(value, Promise):
            value = str(value)
        if isinstance(value, str):
            return self.sealed_text(value, key)
        if value is None:
            return None
        raise SealedValueError(
            f"{self.field.label} takes text, not {type(value).__name__}."
        )

    def sealed_text(self, text: str, key: str | None) -> Sealed | Unsealed:
        """Seal at once where the row is known, so that clear text does not linger."""
        if key is None:
            return Unsealed(text)
        last = _last_read.sealed
        if last is not None and _is_text_of(last, text, self.field.label, key):
            return last
        try:
            return Sealed(seal(text, self.field.label, key), self.field.label, key)
        except KeyMissing:
            # No keys: the object may still be built; saving it says what is wrong.
            return Unsealed(text)

    def to_store(self, instance: Model) -> Sealed | None:
        """Return the value to write; SealedValueError if there is none to be had."""
        held = instance.__dict__.get(self.field.attname)
        if held is None:
            return None
        key = self.key(instance)
        if key is None:
            raise SealedValueError(
                f"{self.field.label}: the row needs its primary key before it is saved."
            )
        if isinstance(held, Unsealed):
            held = Sealed(
                seal(held.clear, self.field.label, key), self.field.label, key
            )
        if not isinstance(held, Sealed):
            raise SealedValueError(
                f"{self.field.label}: a value that cannot be read was moved here from"
                " another field or row, and cannot be saved."
            )
        held = held.bound(key)
        if held.pk != key:
            held = held.moved(key)
        instance.__dict__[self.field.attname] = held
        return held
