"""The backup of the keys themselves: two layers of age, each for another group of people.

Inside is one JSON object with the text of every file of keys. Any one of group one
opens the inner layer, any one of group two the outer: nobody alone opens both, and
each has a deputy. No cryptography of our own: `age -d | age -d` opens it anywhere.
"""

import datetime as dt
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from pyrage import x25519

from servicedesk.core.encryption.keyfiles import RETIRED, KeyFileError
from servicedesk.core.encryption.keys import (
    HIGHEST,
    PRIMARY,
    decode_key,
    keys_folder,
    mark_of,
    read_ring,
)
from servicedesk.core.encryption.people import Person, decrypt_with, encrypt_to

FORMAT: Final = 1
GROUP_ONE, GROUP_TWO = "a person of group one", "a person of group two"
FEWEST: Final = 2
"""So many people to a group: each has a deputy."""
_KEY: Final = re.compile(r"([a-z]+)-([1-9][0-9]{0,4})\.(key|pub)(\.retired)?")
_TOO_LARGE: Final = 1 << 20
Marks = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Bundle:
    """What lies in a backup of keys: the text of each file, and each key's mark."""

    made_at: str
    files: Mapping[str, str]
    marks: Marks

    @property
    def names(self) -> list[str]:
        return sorted(self.files)


def collect(*, now: dt.datetime) -> Bundle:
    """Read every file of keys on this machine. Raises KeyMissing if a key is unfit."""
    folder = keys_folder()
    read_ring(folder)
    folders = {folder, Path(getattr(settings, "AUDIT_SEAL_KEYS_DIR", folder))}
    files = {
        path.name: path.read_text()
        for each in sorted(folders)
        if each.is_dir()
        for path in sorted(each.iterdir())
        if _KEY.fullmatch(path.name) or path.name in PRIMARY.values()
    }
    return Bundle(now.isoformat(timespec="seconds"), files, marks_of(files))


def marks_of(files: Mapping[str, str]) -> Marks:
    """Return the mark of each secret key by kind and version, of retired ones too."""
    marks: Marks = {}
    for name, text in files.items():
        match = _KEY.fullmatch(name)
        if match and match[3] == "key":
            known = match[1] in HIGHEST
            master = decode_key(text, name) if known else text.strip().encode()
            marks.setdefault(match[1], {})[match[2]] = mark_of(match[1], master)
    return marks


def seal(bundle: Bundle, one: Sequence[Person], two: Sequence[Person]) -> bytes:
    """Encrypt to group one, and that to group two. Raises KeyFileError: unfit groups."""
    both = {each.recipient for each in one} & {each.recipient for each in two}
    if both:
        shown = next(each.shown for each in one if each.recipient in both)
        raise KeyFileError(
            f"{shown} is in both groups and could open the backup alone: "
            "the groups may share nobody."
        )
    for name, group in (("one", one), ("two", two)):
        if len({each.recipient for each in group}) < FEWEST:
            raise KeyFileError(
                f"Group {name} has one person and no deputy: if that key is lost, so "
                "is this backup. Add another recipient to its file."
            )
    said = {
        "servicedesk keys": FORMAT,
        "made_at": bundle.made_at,
        "files": dict(bundle.files),
        "marks": bundle.marks,
    }
    return encrypt_to(two, encrypt_to(one, json.dumps(said, indent=1).encode()))


def open_outer(sealed: bytes, identities: Sequence[x25519.Identity]) -> bytes:
    """Take the outer layer off, with an identity of group two."""
    return decrypt_with(identities, sealed, GROUP_TWO)


def open_inner(inner: bytes, identities: Sequence[x25519.Identity]) -> Bundle:
    """Open the inner layer, with an identity of group one, and check every mark."""
    said = _parse(decrypt_with(identities, inner, GROUP_ONE))
    bundle = Bundle(said["made_at"], said["files"], said["marks"])
    if marks_of(bundle.files) != bundle.marks:
        raise KeyFileError("The keys inside do not have the marks that stand there.")
    return bundle


def _parse(clear: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(clear)
        known = said["servicedesk keys"]
        text = all(isinstance(each, str) for each in said["files"].values())
        complete = text and isinstance(said["marks"], dict) and said["made_at"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyFileError(
            "This opens, but holds no keys of Servicedesk. A backup of keys has two "
            "layers: is the outer one still on?"
        ) from error
    if known != FORMAT or not complete:
        raise KeyFileError("This backup of keys was made by a newer version.")
    return said


def digest_of(sealed: bytes) -> str:
    """Return the name by which a backup's file is known again."""
    return hashlib.sha256(sealed).hexdigest()


def read_file(path: Path) -> bytes:
    """Read a backup of keys, or one with its outer layer off."""
    try:
        if path.stat().st_size > _TOO_LARGE:
            raise KeyFileError(f"{path} is too large to be a backup of keys.")
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from error


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there, and never in the place of another.

    Raises KeyFileError if there is one, or what was written does not read the same.
    """
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if half.read_bytes() != content:
            raise KeyFileError(f"{path} could not be written whole.")
        os.link(half, path)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists; it is not overwritten.") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        half.unlink(missing_ok=True)


def put_back(bundle: Bundle, folder: Path) -> tuple[list[str], list[str]]:
    """Write the keys that the folder lacks; return the names written, and those kept.

    A key of the same name with another content is never overwritten: then nothing is
    written at all. Which key is primary stays as the folder says, if it says so.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {path.name for path in folder.iterdir()}
    here = {name for name in bundle.files if name in present}
    for name in sorted(here - set(PRIMARY.values())):
        if _differs(folder / name, bundle.files[name]):
            raise KeyFileError(
                f"{folder / name} is another key than the one in the backup. Nothing "
                "was written. Move it away, or put the keys into an empty folder."
            )
    # A key that is in use again here stays so; one that was put away here stays away.
    away = {n for n in bundle.files if _other_form(n) in present and n not in present}
    new = sorted(set(bundle.files) - here - away)
    for name in sorted(new, key=lambda each: each in PRIMARY.values()):
        write_new(folder / name, bundle.files[name].encode())
    _check(bundle, folder)
    return new, sorted(here | away)


def _other_form(name: str) -> str:
    return name.removesuffix(RETIRED) if name.endswith(RETIRED) else name + RETIRED


def _differs(path: Path, text: str) -> bool:
    return path.read_text().strip() != text.strip()


def _check(bundle: Bundle, folder: Path) -> None:
    """Read the folder as every process will, and compare the marks."""
    ring = read_ring(folder)
    for kind, held in (("field", ring.field_keys), ("index", ring.index_keys)):
        for version, mark in bundle.marks.get(kind, {}).items():
            if int(version) in held and ring.mark(kind, int(version)) != mark:
                raise KeyFileError(
                    f"{folder}: {kind}-{version}.key has another mark than in the backup."
                )
