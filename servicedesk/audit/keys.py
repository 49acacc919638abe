"""The keys that sign seals: Ed25519, from secret files beside the field keys.

`seal-<n>.key` holds 32 bytes in base64; the highest one signs. A retired key may be
left as `seal-<n>.pub` (PEM) alone, so that old seals can still be checked.
"""

import base64
import binascii
import hashlib
import re
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from django.conf import settings

_NAME: Final = re.compile(r"seal-([1-9][0-9]{0,4})\.(key|pub)")
# Signatures of this key over anything else mean nothing here.
_PURPOSE: Final = b"servicedesk audit seal\0"


class SealKeyError(Exception):
    """There is no key, or it cannot be read; a sentence says which."""


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """Return the key that signs now, with its name. Raises SealKeyError."""
    files = _files("key")
    if not files:
        raise SealKeyError(f"There is no seal-<n>.key in {_folder()}.")
    key = _private(files[max(files)])
    return name_of(key.public_key()), key


def public_keys(*more: Path) -> dict[str, Ed25519PublicKey]:
    """Return every key that a seal may be signed with, by name. Raises SealKeyError.

    `more` are PEM files; when any are given, only those count.
    """
    if more:
        found = [_public(path) for path in more]
    else:
        found = [_private(path).public_key() for path in _files("key").values()]
        found += [_public(path) for path in _files("pub").values()]
    return {name_of(key): key for key in found}


def sign(key: Ed25519PrivateKey, statement: bytes) -> bytes:
    """Sign a seal's statement."""
    return key.sign(_PURPOSE + statement)


def is_signed(key: Ed25519PublicKey | None, signature: bytes, statement: bytes) -> bool:
    """Tell whether the signature is this key's, for this statement."""
    if key is None:
        return False
    try:
        key.verify(signature, _PURPOSE + statement)
    except InvalidSignature:
        return False
    return True


def name_of(key: Ed25519PublicKey) -> str:
    """Return a short name that follows from the key itself."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def as_pem(key: Ed25519PublicKey) -> str:
    """Return the public key as others can read it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _folder() -> Path:
    return Path(settings.AUDIT_SEAL_KEYS_DIR)


def _files(suffix: str) -> dict[int, Path]:
    try:
        names = list(_folder().iterdir())
    except OSError as error:
        raise SealKeyError(f"The seal keys cannot be read: {error}") from error
    matches = [(path, _NAME.fullmatch(path.name)) for path in names]
    return {int(m[1]): path for path, m in matches if m and m[2] == suffix}


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        raw = base64.b64decode(path.read_text().strip(), validate=True)
        return Ed25519PrivateKey.from_private_bytes(raw)
    except (OSError, ValueError, binascii.Error) as error:
        raise SealKeyError(f"The seal key {path} cannot be read: {error}") from error


def _public(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SealKeyError(f"The public key {path} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SealKeyError(f"{path} holds no Ed25519 key.")
    return key
