"""What can go wrong with sealed values, and what is shown in their place."""

import enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext

if TYPE_CHECKING:
    from servicedesk.core.encryption.sealed import Sealed


class SealError(Exception):
    """A sealed value cannot be read or made."""


class Tampered(SealError):  # noqa: N818
    """The stored bytes were altered, cut, or moved here from another row or column."""


class KeyMissing(SealError):  # noqa: N818
    """The key is not there; `version` names it, None when no key can be had at all."""

    def __init__(self, message: str, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class SealedValueError(ValueError):
    """Code asked for something that a sealed field refuses to do."""


def cannot_seal() -> str:
    """Say to a person why nothing that is kept sealed can be saved just now."""
    return gettext(
        "Nothing can be saved just now: the keys for customer data are missing. "
        "Nothing was changed. Please tell your administrator."
    )


class Reason(enum.StrEnum):
    """Why a value cannot be read."""

    KEY = "key"
    ALTERED = "altered"


class Unreadable:
    """Stands where a text should: shows a sentence, is not a text, and is truthy.

    Written back to its own field it leaves the stored bytes as they are; any other
    place refuses it.
    """

    __slots__ = ("reason", "sealed", "version")

    def __init__(
        self, sealed: "Sealed", reason: Reason, version: int | None = None
    ) -> None:
        self.sealed = sealed
        self.reason = reason
        self.version = version

    def __str__(self) -> str:
        if self.reason is Reason.ALTERED:
            return gettext("Cannot be read: the value was altered")
        if self.version is None:
            return gettext("Cannot be read: the keys are missing")
        return gettext("Cannot be read: the key %(version)d is missing") % {
            "version": self.version
        }

    def __repr__(self) -> str:
        return f"<unreadable: {self.reason}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unreadable):
            return NotImplemented
        return self.sealed == other.sealed and self.reason == other.reason

    def __hash__(self) -> int:
        return hash((self.sealed, self.reason))
