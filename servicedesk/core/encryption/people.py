"""People's own keys, in age's formats: recipients to encrypt to, identities to open with."""

import getpass
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyrage

from servicedesk.core.encryption.keyfiles import KeyFileError

_LOCKED: Final = b"age-encryption.org/v1\n"
Ask = Callable[[str], str]


@dataclass(frozen=True)
class Person:
    """Whom something is encrypted to; `name` is the comment above the line, if any."""

    recipient: str
    name: str

    @property
    def shown(self) -> str:
        return self.name or f"{self.recipient[:12]}…"


def read_people(path: Path) -> list[Person]:
    """Read a file of recipients, one a line, each with its name as a comment above.

    Raises KeyFileError for a line that is no recipient, and for a file without any.
    """
    found: list[Person] = []
    name = ""
    for number, line in enumerate(_text_of(path).splitlines(), 1):
        said = line.strip()
        if said.startswith("#"):
            name = said.lstrip("# ")
            continue
        if not said:
            continue
        try:
            pyrage.x25519.Recipient.from_str(said)
        except pyrage.RecipientError as error:
            raise KeyFileError(
                f"{path}, line {number}, is no recipient of age (age1…)."
            ) from error
        found.append(Person(said, name))
        name = ""
    if not found:
        raise KeyFileError(f"{path} names no recipient (a line that begins with age1).")
    return found


def read_identities(
    paths: Sequence[Path], ask: Ask | None = None
) -> list[pyrage.x25519.Identity]:
    """Read files of identities as age-keygen writes them; `ask` asks for a passphrase.

    A file that is itself encrypted by a passphrase is opened in memory. Raises
    KeyFileError with the file and what is wrong; never with what stands in it.
    """
    return [
        one for path in paths for one in _identities_in(path, ask or getpass.getpass)
    ]


def encrypt_to(people: Iterable[Person], clear: bytes) -> bytes:
    """Encrypt so that any one of the people can open it."""
    to = [pyrage.x25519.Recipient.from_str(one.recipient) for one in people]
    return bytes(pyrage.encrypt(clear, to))


def decrypt_with(
    identities: Sequence[pyrage.x25519.Identity], sealed: bytes, whose: str
) -> bytes:
    """Open one layer. Raises KeyFileError: not theirs to open, or the file is damaged."""
    if not sealed.startswith(_LOCKED):
        raise KeyFileError("This is no file of age, or its beginning is damaged.")
    try:
        return bytes(pyrage.decrypt(sealed, list(identities)))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise KeyFileError(
                f"None of the identities given opens this layer: it is for {whose}."
            ) from error
        raise KeyFileError("The file is damaged: it does not open whole.") from error


def _identities_in(path: Path, ask: Ask) -> list[pyrage.x25519.Identity]:
    try:
        held = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from error
    if held.startswith(_LOCKED):
        try:
            held = pyrage.passphrase.decrypt(held, ask(f"Passphrase of {path}: "))
        except pyrage.DecryptError as error:
            raise KeyFileError(f"{path} does not open with this passphrase.") from error
    found = []
    for line in held.decode(errors="replace").splitlines():
        said = line.strip()
        if said and not said.startswith("#"):
            try:
                found.append(pyrage.x25519.Identity.from_str(said))
            except pyrage.IdentityError as error:
                raise KeyFileError(
                    f"{path} holds a line that is no identity of age."
                ) from error
    if not found:
        raise KeyFileError(f"{path} holds no identity (AGE-SECRET-KEY-1…).")
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KeyFileError(f"{path} cannot be read: {reason}.") from error
