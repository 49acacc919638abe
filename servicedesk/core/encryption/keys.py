"""The ring of keys: read from secret files, one derived key per version and label.

Order for a new key: put `field-<n>.key` on every machine while `primary` still names
the old version, then change `primary`, re-encrypt, and only then remove the old file.
Running processes notice a change of the folder within a few seconds.
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

KEY_BYTES = 32
HIGHEST_FIELD_VERSION = 0xFFFF
HIGHEST_INDEX_VERSION = 0xFF
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


@dataclass(frozen=True)
class KeyRing:
    """All keys of one folder as read at one moment."""

    field_keys: dict[int, bytes] = field(repr=False)
    index_keys: dict[int, bytes] = field(repr=False)
    primary: int
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

    @property
    def index_versions(self) -> list[int]:
        """Versions of index keys, newest first."""
        return sorted(self.index_keys, reverse=True)


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
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError, binascii.Error) as error:
        raise KeyMissing(f"The key file cannot be read: {path} ({error})") from error
    if len(key) != KEY_BYTES:
        raise KeyMissing(
            f"A key has {KEY_BYTES} bytes in base64, this one {len(key)}: {path}"
        )
    return key


def _read_primary(folder: Path, versions: dict[int, bytes]) -> int:
    path = folder / "primary"
    if not path.exists():
        return max(versions)
    written = path.read_text().strip()
    if not written.isdecimal() or int(written) not in versions:
        raise KeyMissing(f"{path} must name the version of a field key.")
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
    for kind, highest in (
        ("field", HIGHEST_FIELD_VERSION),
        ("index", HIGHEST_INDEX_VERSION),
    ):
        if not found[kind]:
            raise KeyMissing(f"There is no {kind}-<version>.key in {folder}.")
        if max(found[kind]) > highest:
            raise KeyMissing(f"Versions of {kind} keys end at {highest}: {folder}")
    return KeyRing(
        field_keys=found["field"],
        index_keys=found["index"],
        primary=_read_primary(folder, found["field"]),
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
    with _lock:
        _Cache.ring = None
        _Cache.look_again = 0.0
