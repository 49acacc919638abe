"""The copy of the ledger of erasures outside of the database: one signed line each.

A backup that is restored brings back people who were erased after it was made. The copy
still knows them: what it names and the database does not, is erased again. Each line
holds the digest of the one before it, so that a line that was taken away is missed.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.utils.dateparse import parse_datetime

from customers.models import ErasureLedger
from servicedesk.audit.keys import public_keys, signing_key
from servicedesk.core.line_files import alone, append_line

_PATTERN: Final = "erasures-*.jsonl"
# Signatures of this key over anything else mean nothing here.
_PURPOSE: Final = b"servicedesk erasure\0"
_BEGINNING: Final = "0" * 64


@dataclass
class Copy:
    """What the copy holds: the erasures in order, and what is wrong with it."""

    rows: list[ErasureLedger] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    last: str = _BEGINNING


def folder() -> Path:
    """Return the folder of the copy."""
    return Path(settings.ERASURES_DIR)


def bring_up_to_date() -> int:
    """Append the erasures that the copy lacks; return how many. Raises SealKeyError."""
    with alone(folder()):
        held = read()
        known = {row.pk for row in held.rows}
        missing = [
            row
            for row in ErasureLedger.objects.order_by("at", "pk")
            if row.pk not in known
        ]
        for row in missing:
            line = _as_line(row, held.last)
            append_line(folder() / f"erasures-{row.at:%Y}.jsonl", line)
            held.last = _digest(line)
        return len(missing)


def read() -> Copy:
    """Read the whole copy, and check signatures and order as it goes."""
    held = Copy()
    keys = public_keys()
    for path in sorted(folder().glob(_PATTERN)):
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    continue  # a crash cut it short; it is written anew
                _take(held, line, keys, f"{path.name} line {number}")
    return held


def _take(held: Copy, line: bytes, keys: Any, where: str) -> None:
    try:
        said: dict[str, Any] = json.loads(line)
        signature = bytes.fromhex(said.pop("signature"))
        keys[said["key"]].verify(signature, _PURPOSE + _packed(said))
        row = _row_of(said)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
        held.findings.append(f"{where} makes no sense or is not signed by our key.")
        return
    if said["previous"] != held.last:
        held.findings.append(f"Before {where} a line is missing or was moved.")
    held.last = _digest(line)
    held.rows.append(row)


def _as_line(row: ErasureLedger, previous: str) -> bytes:
    name, key = signing_key()
    said = {
        "id": str(row.pk),
        "customer": str(row.customer_key),
        "number": row.customer_number,
        "basis": row.basis,
        "request": str(row.request_key) if row.request_key else None,
        "at": row.at.isoformat(),
        "previous": previous,
        "key": name,
    }
    signed = said | {"signature": key.sign(_PURPOSE + _packed(said)).hex()}
    return _packed(signed) + b"\n"


def _row_of(said: dict[str, Any]) -> ErasureLedger:
    at = parse_datetime(said["at"])
    if at is None:
        raise ValueError("no time")
    return ErasureLedger(
        id=UUID(said["id"]),
        customer_key=UUID(said["customer"]),
        customer_number=int(said["number"]),
        basis=said["basis"],
        request_key=UUID(said["request"]) if said["request"] else None,
        at=at,
    )


def _packed(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
