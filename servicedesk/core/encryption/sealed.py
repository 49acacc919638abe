"""What a sealed field keeps in the row object in place of the text."""

from typing import NoReturn, Self

from servicedesk.core.encryption.envelope import RowKey, seal, unseal
from servicedesk.core.encryption.errors import (
    KeyMissing,
    Reason,
    SealedValueError,
    SealError,
    Unreadable,
)
from servicedesk.core.encryption.troubles import note

MARK = "<sealed>"


class Opaque:
    """A value that shows nothing of itself; never changed, so a copy is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MARK

    __str__ = __repr__

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Sealed(Opaque):
    """The bytes of one value, the label they belong to and, once known, the row."""

    __slots__ = ("envelope", "label", "pk")

    def __init__(self, envelope: bytes, label: str, pk: str | None = None) -> None:
        self.envelope = envelope
        self.label = label
        self.pk = pk

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        return self.envelope == other.envelope and self.label == other.label

    def __hash__(self) -> int:
        return hash((self.envelope, self.label))

    def bound(self, pk: str | None) -> "Sealed":
        """Return the value as that of a row, unless it has a row already."""
        if self.pk is not None or pk is None:
            return self
        return Sealed(self.envelope, self.label, pk)

    def text(self) -> str:
        """Return the clear text; SealError if it cannot be read."""
        if self.pk is None:
            raise SealedValueError("A sealed value opens only as part of its row.")
        return unseal(self.envelope, self.label, self.pk)

    def read(self) -> str | Unreadable:
        """Return the clear text, or what tells why there is none."""
        try:
            return self.text()
        except KeyMissing as error:
            note(self.label, f"the key {error.version or ''} is missing")
            return Unreadable(self, Reason.KEY, error.version)
        except SealError:
            note(f"{self.label} of row {self.pk}", "the value was altered")
            return Unreadable(self, Reason.ALTERED)

    def moved(self, pk: str) -> "Sealed":
        """Seal the same text for another row, as a copied object needs it."""
        try:
            return Sealed(seal(self.text(), self.label, pk), self.label, pk)
        except SealError as error:
            raise SealedValueError(
                f"{self.label} cannot be read, so it cannot be copied to another row."
            ) from error


class Unsealed(Opaque):
    """Clear text of an object that has no primary key yet; cannot be stored as it is."""

    __slots__ = ("clear",)

    def __init__(self, clear: str) -> None:
        self.clear = clear

    def __reduce__(self) -> NoReturn:
        raise SealedValueError("Clear text is not pickled: give the row its key first.")


def clear_text(value: str | Unreadable | None, /) -> str:
    """Return the text for use outside a page, "" for none; SealedValueError if unread.

    For letters, calls and matching, where a sentence about keys would do harm.
    """
    if isinstance(value, Unreadable):
        raise SealedValueError(str(value))
    return value or ""


def row_key(pk: RowKey | None) -> str | None:
    """Return the primary key as the text that values are bound to."""
    return None if pk is None else str(pk)
