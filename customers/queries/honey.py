"""Tell a made-up record, or its poisoned words, by a key alone: no row is asked.

The id of a honey record is a UUIDv7 like all others, of which the 62 random bits are
a keyed hash of the rest. Who has the database sees noise; who has the index key as
well can tell, and so can every page, list and export, at no cost of a query.
"""

import base64
import re
import secrets
import uuid
from typing import Final

from django.dispatch import Signal

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.ids import uuid7

# A sealed text that nobody has a reason to read was read in clear; `user` read it.
poison_read = Signal()
_ID: Final = "customers.honey.id"
_WORD: Final = "customers.honey.word"
_TAIL: Final = (1 << 62) - 1
_HEAD_BYTES = 8
# A reference as old systems print them: six letters of chance, ten of proof.
_CHANCE, _PROOF = 6, 10
_REFERENCE = re.compile(rf"\b[A-Z2-7]{{{_CHANCE + _PROOF}}}\b")


def new_id() -> uuid.UUID:
    """Return an id that only the holder of the index key can tell from others."""
    # Eleven bits of chance behind the time, as the counter of `uuid7` begins.
    made = uuid7().int >> 76 << 76 | secrets.randbits(11) << 64 | 0b10 << 62
    return uuid.UUID(int=made | _tail(keyring().index_primary, uuid.UUID(int=made)))


def is_honey(pk: uuid.UUID) -> bool:
    """Tell whether the customer of this id is made up; never raises."""
    try:
        versions = keyring().index_versions
    except KeyMissing:
        return False
    return any(pk.int & _TAIL == _tail(version, pk) for version in versions)


def new_reference() -> str:
    """Return a word that looks like a reference and is known again when it is read."""
    chance = base64.b32encode(secrets.token_bytes(5)).decode()[:_CHANCE]
    return chance + _proof(keyring().index_primary, chance)


def is_poisoned(text: str) -> bool:
    """Tell whether a text holds such a word; never raises."""
    for found in _REFERENCE.findall(text):
        try:
            versions = keyring().index_versions
        except KeyMissing:
            return False
        proofs = [_proof(version, found[:_CHANCE]) for version in versions]
        if found[_CHANCE:] in proofs:
            return True
    return False


def _tail(version: int, pk: uuid.UUID) -> int:
    # The variant bits are 10, whatever else the id is: they belong to the head.
    head = (pk.int >> 62 << 62).to_bytes(16, "big")
    return int.from_bytes(keyring().mac(version, _ID, head)[:_HEAD_BYTES]) & _TAIL


def _proof(version: int, chance: str) -> str:
    digest = keyring().mac(version, _WORD, chance.encode())
    return base64.b32encode(digest[:10]).decode()[:_PROOF]
