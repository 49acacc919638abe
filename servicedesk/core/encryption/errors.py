"""What can go wrong with sealed values."""


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
