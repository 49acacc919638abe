"""How entries become leaves, leaves a root, and a seal a statement that can be signed."""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from servicedesk.audit.models import Seal

_SHAPE: Final = struct.Struct(">qq32s")
_FACTS: Final = (
    "number",
    "kind",
    "cluster",
    "era",
    "from_xid",
    "to_xid",
    "count",
    "first_id",
    "last_id",
    "key",
)
_MOMENTS: Final = ("first_at", "last_at", "made_at")


class Leaf(NamedTuple):
    """What a seal keeps of an entry: which, when (microseconds of UTC), and its digest."""

    id: int
    at: int
    digest: bytes


def digest_of(parts: Sequence[str | None]) -> bytes:
    """Return the digest of an entry's parts, as the database's trigger takes it."""
    return hashlib.sha256(b"".join(map(_measured, parts))).digest()


def _measured(part: str | None) -> bytes:
    if part is None:
        return b"-,"
    text = part.encode()
    return b"%d:%b," % (len(text), text)


def pack(leaves: Iterable[Leaf]) -> bytes:
    """Return the leaves as a seal stores them."""
    return b"".join(_SHAPE.pack(*leaf) for leaf in leaves)


def unpack(stored: bytes) -> Iterator[Leaf]:
    """Yield the leaves that a seal stores. Raises struct.error if they are cut."""
    for found in _SHAPE.iter_unpack(stored):
        yield Leaf(*found)


def root_of(stored: bytes) -> bytes:
    """Return the Merkle root (RFC 6962, 2.1) over a seal's leaves."""
    size = _SHAPE.size
    level = [
        hashlib.sha256(b"\0" + stored[start : start + size]).digest()
        for start in range(0, len(stored), size)
    ]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
        level = above + level[len(above) * 2 :]
    return level[0]


def statement(seal: "Seal") -> bytes:
    """Return what is signed: all that a seal says, in one form only."""
    said: dict[str, object] = {name: getattr(seal, name) for name in _FACTS}
    for name in _MOMENTS:
        moment = getattr(seal, name)
        said[name] = moment.isoformat(timespec="microseconds") if moment else None
    said |= {"root": hex_of(seal.root), "previous": hex_of(seal.previous)}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def seal_digest(seal: "Seal") -> bytes:
    """Return what the next seal is chained to."""
    return hashlib.sha256(statement(seal)).digest()


def hex_of(stored: bytes | memoryview) -> str:
    """Return bytes, as the database driver gives them, in hexadecimal."""
    return bytes(stored).hex()
