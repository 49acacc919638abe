"""Seal a stream to the recipients' public keys, and open it: age, in constant memory.

`pyrage` calls back for each piece. It swallows what goes wrong while it writes the last
piece, so the sink's own word is asked afterwards; and its words for what a source raised
say little, so the source's own error is raised instead.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import pyrage

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError

T = TypeVar("T")


class Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Part:
    """One object of a backup: how long it is and what it digests to, sealed and open."""

    name: str
    size: int
    sha256: str
    clear_size: int
    clear_sha256: str

    def said(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        return asdict(self)


class Counted:
    """Between two streams: counts, digests, and remembers what went wrong."""

    def __init__(self, inner: Any, seen: Callable[[int], object] | None = None) -> None:
        self._inner, self._seen = inner, seen
        self._hash = hashlib.sha256()
        self.size = 0
        self.error: BaseException | None = None

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int = -1, /) -> bytes:
        return self._guard(self._read, size)

    def write(self, data: bytes, /) -> int:
        return self._guard(self._write, data)

    def flush(self) -> None:
        """Do nothing: whoever made the inner stream makes it last."""

    def _read(self, size: int) -> bytes:
        data: bytes = self._inner.read(size)
        self._count(data)
        return data

    def _write(self, data: bytes) -> int:
        if self.error is not None:
            raise self.error  # nothing may follow what is missing
        written = self._inner.write(data)
        if written is not None and written != len(data):
            raise BackupError(errors.SHORT, f"{written} of {len(data)} bytes written")
        self._count(data)
        return len(data)

    def _count(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        if self._seen is not None:
            self._seen(len(data))

    def _guard(self, call: Callable[..., T], *given: Any) -> T:
        try:
            return call(*given)
        except BaseException as error:
            self.error = self.error or error
            raise


def seal(
    *,
    name: str,
    source: Source,
    sink: Sink,
    keys: Sequence[str],
    seen: Callable[[int], object] | None = None,
) -> Part:
    """Seal all of `source` into `sink`; `seen` is told of each clear piece's length.

    What the source or the sink raised is raised again. The caller publishes the sink
    only after this has returned, and after it has asked how the source ended.
    """
    clear, sealed = Counted(source, seen), Counted(sink)
    try:
        pyrage.encrypt_io(clear, sealed, [recipient_of(key) for key in keys])
    except (pyrage.EncryptError, OSError) as error:
        raise _cause(clear, sealed) or BackupError(errors.UNEXPECTED) from error
    found = _cause(clear, sealed)
    if found is not None:
        raise found
    return Part(name, sealed.size, sealed.sha256, clear.size, clear.sha256)


def unseal(
    *,
    part: Part | None,
    source: Source,
    sink: Sink,
    identities: Sequence[str],
    seen: Callable[[int], object] | None = None,
) -> Part:
    """Open all of `source` into `sink`, and compare with `part` when it is given.

    The sink gets clear text before it is known to be whole: use it only after this has
    returned. Raises BackupError(TRIAL) for what cannot be opened with the identities
    or was changed, BackupError(SHORT) for what is not the part.
    """
    sealed, clear = Counted(source, seen), Counted(sink)
    try:
        pyrage.decrypt_io(sealed, clear, [identity_of(text) for text in identities])
    except (pyrage.DecryptError, OSError) as error:
        raise (
            _cause(sealed, clear) or BackupError(errors.TRIAL, str(error)[:200])
        ) from error
    found = _cause(sealed, clear)
    if found is not None:
        raise found
    name = part.name if part is not None else ""
    made = Part(name, sealed.size, sealed.sha256, clear.size, clear.sha256)
    if part is not None and made != part:
        raise BackupError(errors.SHORT, part.name)
    return made


def check_sealed(
    *, part: Part, source: Source, seen: Callable[[int], object] | None = None
) -> None:
    """Read a sealed part to its end; BackupError(SHORT) if it is not what was sent."""
    sealed = Counted(source, seen)
    while sealed.read(1024 * 1024):
        pass
    if (sealed.size, sealed.sha256) != (part.size, part.sha256):
        raise BackupError(errors.SHORT, part.name)


class Nowhere:
    """A sink for a trial: what is opened is only counted."""

    def write(self, data: bytes, /) -> int:
        return len(data)


def recipient_of(key: str) -> pyrage.x25519.Recipient:
    """Return the recipient of a public key; ValueError if it is none."""
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as error:
        raise ValueError("This is no public key of age.") from error


def identity_of(text: str) -> pyrage.x25519.Identity:
    """Return the identity of a private key; ValueError if it is none."""
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise ValueError("This is no private key of age.") from error


def read_identities(text: str) -> list[str]:
    """Return the private keys of a file as `age-keygen` writes it; ValueError if none."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    for line in found:
        identity_of(line)
    if not found:
        raise ValueError("There is no private key of age in it.")
    return found


def make_identity() -> tuple[str, str]:
    """Return a new private key and its public key."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def _cause(*streams: Counted) -> BaseException | None:
    return next((each.error for each in streams if each.error is not None), None)
