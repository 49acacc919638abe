"""The copy of every seal outside of the database: one line each, a file each month."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.dateparse import parse_datetime

from servicedesk.audit.hashing import hex_of, statement
from servicedesk.audit.models import Seal
from servicedesk.core.line_files import alone, append_line

_PATTERN: Final = "seals-*.jsonl"
_BINARY: Final = ("root", "previous", "digest", "signature")


class RolledBackError(Exception):
    """The copy knows what the database does not: it was set back, or seals removed."""


def folder() -> Path:
    """Return the folder of the copy."""
    return Path(settings.AUDIT_SEALS_DIR)


def bring_up_to_date() -> int:
    """Append the seals that the copy lacks; how many. Raises RolledBackError.

    A line that a crash cut short is taken away first.
    """
    with alone(folder()):
        last = end()
        _refuse_if_behind(last)
        missing = Seal.objects.filter(number__gt=last.number if last else 0)
        count = 0
        for seal in missing.order_by("number").iterator(chunk_size=1):
            append_line(folder() / f"seals-{seal.made_at:%Y-%m}.jsonl", as_line(seal))
            count += 1
        return count


def refuse_rollback() -> None:
    """Raise RolledBackError if the copy ends with what the database does not have."""
    with alone(folder()):
        _refuse_if_behind(end())


def set_aside(suffix: str) -> list[Path]:
    """Begin a new copy beside the old one, which stays; the files that were renamed."""
    with alone(folder()):
        renamed = [path.with_name(f"{path.name}.{suffix}") for path in _files()]
        for path, new in zip(_files(), renamed, strict=True):
            path.rename(new)
        return renamed


def read() -> Iterator[Seal | None]:
    """Yield the seals of the copy, one at a time; None for a line that makes no sense."""
    for path in _files():
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield _parse(line)


def end() -> Seal | None:
    """Return the last whole seal of the copy."""
    for path in reversed(_files()):
        with path.open("rb") as file:
            last = None
            for line in file:
                last = line if line.endswith(b"\n") else last
        if last is not None:
            return _parse(last)
    return None


def as_line(seal: Seal) -> bytes:
    """Return a seal as its line in the copy."""
    said = json.loads(statement(seal)) | {
        "digest": hex_of(seal.digest),
        "signature": hex_of(seal.signature),
        "leaves": base64.b64encode(bytes(seal.leaves)).decode(),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _parse(line: bytes) -> Seal | None:
    try:
        said: dict[str, Any] = json.loads(line)
        for name in _BINARY:
            said[name] = bytes.fromhex(said[name])
        said["leaves"] = base64.b64decode(said["leaves"], validate=True)
        for name in ("first_at", "last_at", "made_at"):
            said[name] = parse_datetime(said[name]) if said[name] else None
        return Seal(**said)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _refuse_if_behind(last: Seal | None) -> None:
    if last is None:
        return
    mine = Seal.objects.filter(number=last.number).values_list("digest", flat=True)
    known = mine.first()
    if known is None or bytes(known) != last.digest:
        raise RolledBackError(
            f"The copy outside ends with seal {last.number}, which the database does "
            "not have: it was set back, or seals were removed. No seal is made until "
            "somebody has looked (manage.py verify_audit) and accepted it "
            "(manage.py seal_audit --accept-rollback)."
        )


def _files() -> list[Path]:
    return sorted(folder().glob(_PATTERN))
