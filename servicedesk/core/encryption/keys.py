"""The ring of keys: read from secret files, one derived key per version and label.

Order for a new key: put `field-<n>.key` on every machine while `primary` still names
the old version, then change `primary`, re-encrypt, and only then remove the old file.
Index keys go the same way, with `index-primary`: whoever does not have a key yet would
not find what is indexed with it. Running processes notice a change of the folder within
a few seconds. `manage.py keys` does each step.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.troubles import forget

KEY_BYTES = 32
HIGHEST = {"field": 0xFFFF, "index": 0xFF}
# The files that name the version which is written; without one it is the highest.
PRIMARY = {"field": "primary", "index": "index-primary"}
LOOK_AGAIN_SECONDS = 5.0

log = logging.getLogger(__name__)
_NAME = re.compile(r"(field|index)-([1-9][0-9]{0,4})\.key")
_lock = threading.Lock()


def _derive(master: bytes, purpose: str, label: str) -> bytes:
    """Derive the key of one purpose and label (HKDF-SHA256, RFC 5869)."""
    info = f"servicedesk/{purpose}/{label}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(
        master
    )


def mark_of(kind: str, master: bytes) -> str:
    """Return eight letters that tell two keys apart, and nothing of either."""
    return base64.b32encode(_derive(master, "mark", kind))[:8].decode().lower()


@dataclass(frozen=True)
class KeyRing:
    """All keys of one folder as read at one moment."""

    field_keys: dict[int, bytes] = field(repr=False)
    index_keys: dict[int, bytes] = field(repr=False)
    primary: int
    index_primary: int = field(repr=False)
    signature: tuple[object, ...] = field(repr=False)
    _ciphers: dict[tuple[int, str], AESGCM] = field(default_factory=dict, repr=False)
    _macs: dict[tuple[int, str], bytes] = field(default_factory=dict, repr=False)

    def cipher(self, version: int, label: str) -> AESGCM:
        """Return the cached cipher; KeyMissing if the version is not there."""
        found = self._ciphers.get((version, label))
        if found is None:
            master = self.field_keys.get(version)
            if master is None:
                raise KeyMissing(f"The field key {version} is missing.", version)
            found = AESGCM(_derive(master, "field", label))
            self._ciphers[version, label] = found
        return found

    def mac(self, version: int, label: str, message: bytes) -> bytes:
        """Return HMAC-SHA256 of the message under the index key of this label."""
        key = self._macs.get((version, label))
        if key is None:
            master = self.index_keys.get(version)
            if master is None:
                raise KeyMissing(f"The index key {version} is missing.", version)
            key = self._macs[version, label] = _derive(master, "index", label)
        return hmac.new(key, message, hashlib.sha256).digest()

    def proof(self, version: int, purpose: str, message: bytes) -> bytes:
        """Return HMAC-SHA256 of what is not a value under a key of its own purpose.

        Derived from the field key of this version; KeyMissing if that is not there.
        """
        master = self.field_keys.get(version)
        if master is None:
            raise KeyMissing(f"The field key {version} is missing.", version)
        key = _derive(master, "proof", purpose)
        return hmac.new(key, message, hashlib.sha256).digest()

    def mark(self, kind: str, version: int) -> str:
        """Return eight letters that tell two keys apart, and nothing of either."""
        return mark_of(
            kind, (self.field_keys if kind == "field" else self.index_keys)[version]
        )

    @property
    def index_versions(self) -> list[int]:
        """Versions of index keys: the one that is written, then the others, newest first."""
        others = sorted(self.index_keys.keys() - {self.index_primary}, reverse=True)
        return [self.index_primary, *others]


def keys_folder() -> Path:
    """Return the folder of keys; KeyMissing if the setting or the folder is absent."""
    configured = getattr(settings, "FIELD_KEYS_DIR", None)
    if not configured:
        raise KeyMissing("FIELD_KEYS_DIR is not set: no field can be encrypted.")
    folder = Path(configured)
    if not folder.is_dir():
        raise KeyMissing(f"The folder of keys does not exist: {folder}")
    return folder


def make_key() -> str:
    """Return a fresh key as the line that a key file holds."""
    return base64.b64encode(AESGCM.generate_key(bit_length=256)).decode()


def _read_key(path: Path) -> bytes:
    try:
        text = path.read_text()
    except (OSError, ValueError) as error:
        raise KeyMissing(f"The key file cannot be read: {path} ({error})") from error
    return decode_key(text, path)


def decode_key(text: str, path: Path | str) -> bytes:
    """Return the key that the text of a key file holds; KeyMissing if it holds none."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeyMissing(f"The key file cannot be read: {path} ({error})") from error
    if len(key) != KEY_BYTES:
        raise KeyMissing(
            f"A key has {KEY_BYTES} bytes in base64, this one {len(key)}: {path}"
        )
    return key


def _read_primary(folder: Path, kind: str, versions: dict[int, bytes]) -> int:
    path = folder / PRIMARY[kind]
    if not path.exists():
        return max(versions)
    written = path.read_text().strip()
    if not written.isdecimal():
        raise KeyMissing(f"{path} must name the version of one of the {kind} keys.")
    if int(written) not in versions:
        raise KeyMissing(
            f"{path} must name the version of one of the {kind} keys: "
            f"{kind}-{int(written)}.key is missing.",
            int(written),
        )
    return int(written)


def _signature(folder: Path) -> tuple[object, ...]:
    """Tell what the folder looks like, to notice a change without reading keys."""
    facts = [(p.name, p.stat()) for p in sorted(folder.iterdir())]
    seen = [(name, s.st_mtime_ns, s.st_size, s.st_ino) for name, s in facts]
    return (str(folder), *seen)


def read_ring(folder: Path) -> KeyRing:
    """Read all keys of a folder; KeyMissing with a plain sentence if one is unfit."""
    signature = _signature(folder)
    found: dict[str, dict[int, bytes]] = {"field": {}, "index": {}}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match:
            found[match[1]][int(match[2])] = _read_key(path)
    for kind, highest in HIGHEST.items():
        if not found[kind]:
            raise KeyMissing(f"There is no {kind}-<version>.key in {folder}.")
        if max(found[kind]) > highest:
            raise KeyMissing(f"Versions of {kind} keys end at {highest}: {folder}")
    return KeyRing(
        field_keys=found["field"],
        index_keys=found["index"],
        primary=_read_primary(folder, "field", found["field"]),
        index_primary=_read_primary(folder, "index", found["index"]),
        signature=signature,
    )


class _Cache:
    ring: KeyRing | None = None
    folder: object = None
    look_again: float = 0.0


def keyring() -> KeyRing:
    """Return the current keys, read again when the folder has changed."""
    configured = getattr(settings, "FIELD_KEYS_DIR", None)
    ring = _Cache.ring
    if (
        ring is not None
        and _Cache.folder == configured
        and time.monotonic() < _Cache.look_again
    ):
        return ring
    with _lock:
        return _refresh(configured)


def _refresh(configured: object) -> KeyRing:
    """Read the folder if it changed; keep the keys at hand if it is unfit just now."""
    kept = _Cache.ring if _Cache.folder == configured else None
    try:
        folder = keys_folder()
        if kept is None or kept.signature != _signature(folder):
            kept = read_ring(folder)
    except (KeyMissing, OSError):
        # A file may be half written, or the folder unmounted for a moment: what
        # this process has already read stays good. A fresh process has nothing.
        if kept is None:
            raise
        log.exception("The folder of keys cannot be read; the keys at hand stay.")
    _Cache.ring, _Cache.folder = kept, configured
    _Cache.look_again = time.monotonic() + LOOK_AGAIN_SECONDS
    return kept


def reload_keys() -> None:
    """Forget all keys; the next use reads them from the files."""
    forget()
    with _lock:
        _Cache.ring = None
        _Cache.look_again = 0.0
