"""Seal a text for one place, and open it there and nowhere else.

format (1 byte) | key version (2) | nonce (12) | AES-256-GCM ciphertext and tag.
The additional data binds format, version, label and primary key, each with its length
in front, so that bytes moved to another row, column or table do not open.
"""

import os
import struct
import uuid

from cryptography.exceptions import InvalidTag

from servicedesk.core.encryption.errors import KeyMissing, Tampered
from servicedesk.core.encryption.keys import keyring

FORMAT = 1
_HEAD = struct.Struct(">BH")
_NONCE = 12
_TAG = 16
_SHORTEST = _HEAD.size + _NONCE + _TAG

RowKey = uuid.UUID | int | str


def _bound_to(head: bytes, label: str, pk: RowKey) -> bytes:
    parts = (head[:1], head[1:], label.encode(), str(pk).encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(text: str, label: str, pk: RowKey) -> bytes:
    """Encrypt a text with the primary key for the row `pk` of the field `label`.

    KeyMissing if there are no keys; UnicodeEncodeError for half a surrogate pair.
    """
    ring = keyring()
    head = _HEAD.pack(FORMAT, ring.primary)
    nonce = os.urandom(_NONCE)
    cipher = ring.cipher(ring.primary, label)
    return (
        head + nonce + cipher.encrypt(nonce, text.encode(), _bound_to(head, label, pk))
    )


def unseal(envelope: bytes, label: str, pk: RowKey) -> str:
    """Decrypt what `seal` made for the same place.

    Tampered if a byte differs or it was made for another place; KeyMissing if its key
    is not on the ring.
    """
    if len(envelope) < _SHORTEST or envelope[0] != FORMAT:
        raise Tampered("The stored value is not a sealed one.")
    head, body = envelope[: _HEAD.size], envelope[_HEAD.size :]
    cipher = keyring().cipher(key_version(envelope), label)
    bound = _bound_to(head, label, pk)
    try:
        return cipher.decrypt(body[:_NONCE], body[_NONCE:], bound).decode()
    except (InvalidTag, UnicodeDecodeError) as error:
        raise Tampered("The stored value was altered or moved.") from error


def key_version(envelope: bytes) -> int:
    """Return the version of the key that sealed this; Tampered if it is too short."""
    if len(envelope) < _HEAD.size:
        raise Tampered("The stored value is not a sealed one.")
    version: int = _HEAD.unpack_from(envelope)[1]
    return version


__all__ = [
    "FORMAT",
    "KeyMissing",
    "RowKey",
    "Tampered",
    "key_version",
    "seal",
    "unseal",
]
