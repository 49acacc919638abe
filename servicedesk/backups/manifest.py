"""The manifest: what a backup holds, signed, and written last.

Its presence makes the backup whole. The signature is a MAC under a key that is derived
from a field key: whoever can only write to the place of the backups cannot forge it, and
who restores needs that key anyway.
"""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.files import Files
from servicedesk.backups.sealed import Part
from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keyfiles import key_files
from servicedesk.core.encryption.keys import keyring

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.dump.age"
FILES: Final = "files.tar.age"
LONGEST: Final = 8 * 1024 * 1024
CHECKED_OPEN: Final = "opened"
CHECKED_DIGEST: Final = "digest"
_PURPOSE: Final = "backup manifest"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. No names of customers, files or people: it lies in clear.

    `tables` is {"public.tickets_ticket": {"rows": 5, "hash": "-123"}}; see snapshot.py
    for what they are taken of. `sequences` are at most what the dump has. `keys` are
    the field keys and index keys of the moment, by mark; without them the sealed
    values cannot be read. `facts` are what other apps said (core/restoring.py).
    """

    name: str
    number: int
    made_at: dt.datetime
    app: str
    postgres: str
    pg_dump: str
    migrations: Mapping[str, str]
    tables: Mapping[str, Mapping[str, Any]]
    sequences: Mapping[str, int]
    parts: tuple[Part, ...]
    files: Files
    # Under which root of the tar each folder lies: {"media": "media", …}.
    roots: Mapping[str, str]
    keys: tuple[Mapping[str, Any], ...]
    recipients: tuple[str, ...]
    # How the parts were looked at after writing: CHECKED_OPEN or CHECKED_DIGEST.
    checked: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> Part:
        """Return one of the parts; BackupError(MANIFEST) if there is none so called."""
        for part in self.parts:
            if part.name == name:
                return part
        raise BackupError(errors.MANIFEST, f"no {name}")

    @property
    def size(self) -> int:
        """How long all parts are together, sealed."""
        return sum(part.size for part in self.parts)


def pack(manifest: Manifest) -> bytes:
    """Return the signed bytes; BackupError(KEYS) if the field keys cannot be read."""
    said = {
        "format": FORMAT,
        "name": manifest.name,
        "number": manifest.number,
        "made_at": manifest.made_at.astimezone(dt.UTC).isoformat(),
        "app": manifest.app,
        "postgres": manifest.postgres,
        "pg_dump": manifest.pg_dump,
        "migrations": dict(manifest.migrations),
        "tables": {name: dict(each) for name, each in manifest.tables.items()},
        "sequences": dict(manifest.sequences),
        "parts": [part.said() for part in manifest.parts],
        "files": manifest.files.said(),
        "roots": dict(manifest.roots),
        "keys": [dict(key) for key in manifest.keys],
        "recipients": list(manifest.recipients),
        "checked": manifest.checked,
        "facts": dict(manifest.facts),
    }
    try:
        version = keyring().primary
        said["signed_by"] = version
        signature = _sign(version, said)
    except (KeyMissing, OSError) as error:
        raise BackupError(errors.KEYS, type(error).__name__) from error
    text = json.dumps(said | {"signature": signature}, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def unpack(data: bytes, *, name: str = "") -> Manifest:
    """Return the manifest when its signature is right, and it is that of `name`.

    Raises BackupError(MANIFEST), or BackupError(KEYS) if the key that signed it is
    not on this machine.
    """
    try:
        said = json.loads(data)
        signature, version = said.pop("signature"), said["signed_by"]
        expected = _sign(version, said)
        signed = hmac.compare_digest(str(signature), expected)
    except KeyMissing as error:
        raise BackupError(errors.KEYS, f"field-{error.version}.key") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(errors.MANIFEST, "it makes no sense") from error
    if not signed:
        raise BackupError(errors.MANIFEST, "it was changed")
    if said["format"] != FORMAT:
        raise BackupError(errors.MANIFEST, f"format {said['format']} is not known")
    if name and said["name"] != name:
        raise BackupError(errors.MANIFEST, f"it belongs to {said['name']}")
    return _from(said)


def digest_of(data: bytes) -> str:
    """Return the digest that the backup's row keeps."""
    return hashlib.sha256(data).hexdigest()


def keys_now() -> tuple[dict[str, Any], ...]:
    """Return the keys of this machine, by kind, version and mark."""
    try:
        found = key_files()
    except (KeyMissing, OSError) as error:
        raise BackupError(errors.KEYS, type(error).__name__) from error
    return tuple(
        {"kind": k.kind, "version": k.version, "mark": k.mark, "primary": k.primary}
        for k in found
    )


def _from(said: dict[str, Any]) -> Manifest:
    return Manifest(
        name=said["name"],
        number=said["number"],
        made_at=dt.datetime.fromisoformat(said["made_at"]),
        app=said["app"],
        postgres=said["postgres"],
        pg_dump=said["pg_dump"],
        migrations=said["migrations"],
        tables=said["tables"],
        sequences=said["sequences"],
        parts=tuple(Part(**part) for part in said["parts"]),
        files=Files(**said["files"]),
        roots=said["roots"],
        keys=tuple(said["keys"]),
        recipients=tuple(said["recipients"]),
        checked=said["checked"],
        facts=said["facts"],
    )


def _sign(version: int, said: Mapping[str, Any]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return keyring().proof(version, _PURPOSE, text).hex()
