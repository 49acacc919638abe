"""Find a sealed value by equality: a keyed digest of its normalised form.

The first byte tells the version of the index key, so that rows can be indexed again
under a new key while queries ask for every live version. Indexes of few possible
values (a surname, four digits) betray their values by frequency: never the surname
alone, four digits only beside another condition.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _

from servicedesk.core.encryption.errors import SealedValueError, Unreadable
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.normalise import Normaliser, normalise

DIGEST_BYTES = 16


def blind_indexes(
    label: str, normaliser: Normaliser, value: str, /, *, size: int = DIGEST_BYTES
) -> list[bytes]:
    """Return the index of a value under every live key, first the one that is stored.

    For queries: `filter(value_index__in=blind_indexes(LABEL, "phone", typed))`.
    Empty for a value of which nothing is left when it is normalised.
    """
    plain = normalise(normaliser, value)
    if not plain:
        return []
    ring = keyring()
    return [
        bytes([version]) + ring.mac(version, label, plain.encode())[:size]
        for version in ring.index_versions
    ]


def blind_index(
    label: str, normaliser: Normaliser, value: str, /, *, size: int = DIGEST_BYTES
) -> bytes:
    """Return the index that is stored now; b"" for nothing."""
    return next(iter(blind_indexes(label, normaliser, value, size=size)), b"")


def hold_value(label: str, normaliser: Normaliser, value: str, /) -> None:
    """Let one transaction at a time look for this value and add it, until it commits."""
    with connection.cursor() as cursor:
        number = hold_number(label, normaliser, value)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def hold_number(label: str, normaliser: Normaliser, value: str, /) -> int:
    """Return the number of the advisory lock that `hold_value` takes.

    While an index key is replaced, two processes may write the same value under two
    keys, and a unique constraint over the index sees no double. The oldest key is the
    one that all of them have.
    """
    plain = normalise(normaliser, value)
    ring = keyring()
    digest = ring.mac(min(ring.index_keys), label, b"hold/" + plain.encode())
    return int.from_bytes(digest[:8], "big", signed=True)


_ST_contra = TypeVar("_ST_contra", contravariant=True)
_GT_co = TypeVar("_GT_co", covariant=True)

if TYPE_CHECKING:

    class _BinaryField(models.BinaryField[_ST_contra, _GT_co]):
        """The typed face of Django's field."""
else:

    class _BinaryField(models.BinaryField):
        """Django's field, which takes type arguments only on paper."""

        def __class_getitem__(cls, _types: object) -> type:
            return cls


class BlindIndexField(_BinaryField[_ST_contra, _GT_co]):
    """The index beside a sealed field; computed when the row is saved.

    `source` is the sealed field; `normalise` one of NORMALISERS or a function of the
    text; or `normalise_with` names an attribute of the row that holds the name of the
    normaliser (a kind), through the mapping `normalise` if that is given. `bytes` is
    the length of the digest (one more is stored, the key's version).
    An unreadable or unloaded source leaves the index as it is; an empty one has the
    index NULL, or b"" where NULL is not allowed.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: bytes
        _pyi_private_get_type: bytes

    description = _("Blind index")

    def __init__(
        self,
        *args: Any,
        source: str,
        label: str,
        normalise: Normaliser | Mapping[str, Normaliser] | None = None,
        normalise_with: str = "",
        bytes: int = DIGEST_BYTES,  # noqa: A002
        **kwargs: Any,
    ) -> None:
        if normalise is None and not normalise_with:
            raise SealedValueError(f"{label}: say how values are normalised.")
        if isinstance(normalise, Mapping) and not normalise_with:
            raise SealedValueError(f"{label}: say which attribute names the kind.")
        self.source = source
        self.label = label
        self.normalise = normalise
        self.normalise_with = normalise_with
        self.size = bytes
        # Computed, so neither given by hand nor asked for by full_clean.
        kwargs["editable"] = False
        kwargs["blank"] = True
        kwargs.setdefault("default", None if kwargs.get("null") else b"")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        deconstructed = super().deconstruct()
        kwargs = dict(deconstructed[3])
        for computed in ("default", "blank", "editable"):
            kwargs.pop(computed, None)
        kwargs |= {"source": self.source, "label": self.label}
        if self.normalise is not None:
            kwargs["normalise"] = self.normalise
        if self.normalise_with:
            kwargs["normalise_with"] = self.normalise_with
        if self.size != DIGEST_BYTES:
            kwargs["bytes"] = self.size
        return deconstructed[0], deconstructed[1], list(deconstructed[2]), kwargs

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            pre_save.connect(self._keep_in_step, sender=cls)

    def _keep_in_step(
        self, instance: models.Model, update_fields: Any = None, **_kwargs: object
    ) -> None:
        """Refuse to save a new value without its index, which would find the old."""
        if not update_fields or self.name in update_fields:
            return
        if not {self.source, self.normalise_with} & set(update_fields):
            return
        indexes = self.indexes_of(instance)
        if indexes is not None and getattr(instance, self.attname) not in indexes:
            raise SealedValueError(
                f"update_fields names {self.source} but not its index {self.name}."
            )

    def normaliser_of(self, row: models.Model) -> Normaliser:
        """Return how the value of this row is normalised."""
        if not self.normalise_with:
            return self.normalise  # type: ignore[return-value] # __init__ saw to it
        kind = str(getattr(row, self.normalise_with))
        if isinstance(self.normalise, Mapping):
            return self.normalise.get(kind, "text")
        return kind

    def indexes_of(self, row: models.Model) -> list[bytes | None] | None:
        """Return the indexes that fit the row, newest first; None if unknown."""
        if self.source not in row.__dict__:
            return None
        value = getattr(row, self.source)
        if isinstance(value, Unreadable):
            return None
        found: list[bytes | None] = []
        if value:
            normaliser = self.normaliser_of(row)
            found += blind_indexes(self.label, normaliser, value, size=self.size)
        return found or [None if self.null else b""]

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: ARG002, FBT001
        indexes = self.indexes_of(model_instance)
        if indexes is not None:
            setattr(model_instance, self.attname, indexes[0])
        return model_instance.__dict__.get(self.attname)

    def from_db_value(
        self, value: Any, _expression: object, _connection: object
    ) -> bytes | None:
        return None if value is None else bytes(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, str):
            raise FieldError(
                f"{self.label} is found by blind_indexes(label, normaliser, value)."
            )
        return super().get_prep_value(value)

    @property
    def sealed_source(self) -> SealedTextField[Any, Any] | None:
        """The sealed field that this is the index of; None if there is no such."""
        for field in self.model._meta.concrete_fields:
            if field.name == self.source and isinstance(field, SealedTextField):
                return field
        return None
