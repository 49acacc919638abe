"""Look at the whole log: name the first entry or seal that is not as it was sealed."""

import datetime as dt
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db.models import Max

from servicedesk.audit import outside
from servicedesk.audit.armour import missing_armour
from servicedesk.audit.hashing import (
    Leaf,
    root_of,
    seal_digest,
    statement,
    unpack,
)
from servicedesk.audit.keys import is_signed, public_keys
from servicedesk.audit.models import Seal, SealKind
from servicedesk.audit.rows import Reach, Row
from servicedesk.audit.sealing import BEGINNING, moment, this_cluster
from servicedesk.core.errors import RuleError

SHORTEST_KEPT: Final = dt.timedelta(days=180)


class BrokenError(RuleError):
    """Something is not as it was sealed; the sentence names it."""


@dataclass
class Report:
    """What a look at the log found; `findings` is empty if the log is whole."""

    entries: int = 0
    seals: int = 0
    unsealed: int = 0
    dropped: int = 0
    findings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.findings


def verify(*keys: Path, set_back: bool = False) -> Report:
    """Verify seals, entries, the copy outside and the database's triggers.

    `keys` are PEM files of public keys, in place of the keys of this machine. With
    `set_back` the database is a backup that was put back: the copy may know later seals
    than the last one here, and this may be another cluster. Reads seal by seal, so that
    memory stays bounded. Raises SealKeyError.
    """
    report = Report()
    look = _Look(report, public_keys(*keys), set_back=set_back)
    try:
        look.at_seals()
        look.at_the_rest()
    except BrokenError as broken:
        report.findings.append(str(broken))
    report.findings += missing_armour()
    return report


class _Look:
    """One look, seal by seal in the order of their numbers."""

    def __init__(
        self, report: Report, keys: dict[str, Ed25519PublicKey], *, set_back: bool
    ) -> None:
        self.report = report
        self.keys = keys
        self.set_back = set_back
        self.reach = Reach()
        self.copies = _Copies()
        self.last: Seal | None = None
        dropped = Seal.objects.filter(kind=SealKind.DROPPED).defer("leaves")
        self.dropped = [seal for seal in dropped if self._is_sound(seal, None)]
        eras = Seal.objects.exclude(kind=SealKind.DROPPED).values("era")
        ceilings = eras.annotate(top=Max("last_id")).values_list("era", "top")
        newest = Seal.objects.aggregate(top=Max("era"))["top"]
        self.ends = {era: top for era, top in ceilings if era != newest}

    def at_seals(self) -> None:
        numbers = Seal.objects.order_by("number").values_list("number", flat=True)
        for number in numbers.iterator(chunk_size=1000):
            self._at(Seal.objects.get(number=number))
        beyond = self.copies.next()
        if beyond is not None and self.set_back:
            self.report.notices.append(
                f"The copy outside goes on with seal {beyond.number}: what it seals came "
                "after this backup."
            )
        elif beyond is not None:
            self._missing(beyond)
        behind = self.report.seals - self.copies.count
        if behind:
            self.report.notices.append(
                f"The copy outside lacks the newest {behind} seals; "
                "the next sealing adds them."
            )

    def at_the_rest(self) -> None:
        """Look at what is not sealed yet, and for what nobody can have written."""
        # In another cluster transactions are numbered anew, until the next seal says so.
        moved = self.set_back and self.last and self.last.cluster != this_cluster()
        for row in [] if moved else self.reach.impossible():
            raise BrokenError(f"{_named(row)} was inserted: no transaction wrote it.")
        for row in self.reach.unsealed():
            self.report.entries += 1
            self.report.unsealed += 1
            if row.digest != row.borne:
                raise BrokenError(f"{_named(row)} was changed before it was sealed.")

    def _at(self, seal: Seal) -> None:
        due = self.last.number + 1 if self.last else 1
        copy = (
            self.copies.of(seal.number) if seal.number == due else self.copies.of(due)
        )
        if seal.number != due:
            self._missing(copy or Seal(number=due))
        trouble = self._trouble(seal)
        genuine: Seal | None = seal
        if trouble:
            genuine = copy if copy and not self._trouble(copy) else None
        elif copy is not None and outside.as_line(copy) != outside.as_line(seal):
            trouble = f"The copy outside has another seal {seal.number}."
        self.reach.add(genuine or seal)
        self._compare(genuine, trouble)
        self.report.seals += 1
        self.last = seal

    def _compare(self, seal: Seal | None, trouble: str) -> None:
        """Compare entries with a genuine seal's; raise what was found, if anything."""
        found = ""
        if seal is not None:
            try:
                self._entries(seal)
            except BrokenError as broken:
                found = str(broken)
        if trouble or found:
            raise BrokenError(" ".join(filter(None, [found, trouble])))

    def _entries(self, seal: Seal) -> None:
        rows = groupby(self.reach.rows(seal, self.ends), attrgetter("id"))
        for leaf, found in _beside(unpack(bytes(seal.leaves)), rows):
            if leaf is None:
                raise BrokenError(
                    f"{_named(found[0])} was inserted: seal {seal.number} does not "
                    "know it."
                )
            self.report.entries += 1
            if not found:
                self._absent(leaf, seal)
            elif len(found) > 1:
                raise BrokenError(f"{_named(leaf)} is there more than once.")
            elif found[0].digest != leaf.digest or found[0].borne != leaf.digest:
                raise BrokenError(
                    f"{_named(leaf)} was changed after seal {seal.number}."
                )

    def _absent(self, leaf: Leaf, seal: Seal) -> None:
        at = moment(leaf.at)
        for drop in self.dropped:
            if drop.number > seal.number and drop.first_at <= at < drop.last_at:  # type: ignore[operator] # they have both
                self.report.dropped += 1
                return
        raise BrokenError(f"{_named(leaf)} is missing: seal {seal.number} has it.")

    def _trouble(self, seal: Seal) -> str:
        """Return what is wrong with a seal itself, as a sentence; empty if nothing."""
        name = f"Seal {seal.number}"
        last = self.last
        if bytes(seal.previous) != (bytes(last.digest) if last else b""):
            return f"{name} does not continue the seal before it."
        begins = last.to_xid if last else BEGINNING
        if seal.from_xid != begins:
            return f"{name} does not begin where the seal before it ends."
        if not self._is_sound(seal, bytes(seal.leaves)):
            return f"{name} was forged or changed: its root or signature is wrong."
        if seal.kind == SealKind.DROPPED and not _late_enough(seal):
            return f"{name} drops entries that are not six months old."
        return ""

    def _is_sound(self, seal: Seal, leaves: bytes | None) -> bool:
        if leaves is not None:
            try:
                count = sum(1 for _leaf in unpack(leaves))
            except struct.error:
                return False
            if root_of(leaves) != bytes(seal.root):
                return False
            if seal.kind != SealKind.DROPPED and count != seal.count:
                return False
        if bytes(seal.digest) != seal_digest(seal):
            return False
        key = self.keys.get(seal.key)
        return is_signed(key, bytes(seal.signature), statement(seal))

    def _missing(self, copy: Seal) -> None:
        first = ""
        if copy.leaves and not self._trouble(copy):
            first = f" The first entry under it is {_named(next(unpack(bytes(copy.leaves))))}."
        raise BrokenError(
            f"Seal {copy.number} is missing from the database: seals were removed, or "
            f"the database was set back.{first}"
        )


class _Copies:
    """The copy outside, read beside the database's seals."""

    def __init__(self) -> None:
        self._lines = outside.read()
        self.count = 0

    def of(self, number: int) -> Seal | None:
        """Return the copy of the seal with this number; None past its end."""
        found = next(self._lines, ...)
        if found is ...:
            return None
        self.count += 1
        if found is None or found.number != number:
            raise BrokenError(
                f"The copy outside was changed: line {self.count} should be seal "
                f"{number}."
            )
        return found

    def next(self) -> Seal | None:
        """Return what comes after all the database's seals."""
        return next((found for found in self._lines if found is not None), None)


def _beside(
    leaves: Iterator[Leaf], rows: Iterable[tuple[int, Iterator[Row]]]
) -> Iterator[tuple[Leaf | None, list[Row]]]:
    """Walk through leaves and rows, both by id: each leaf with its rows."""
    groups = ((number, list(found)) for number, found in rows)
    leaf, group = next(leaves, None), next(groups, None)
    while leaf is not None or group is not None:
        if group is None or (leaf is not None and leaf.id < group[0]):
            yield leaf, []
            leaf = next(leaves, None)
        elif leaf is None or group[0] < leaf.id:
            yield None, group[1]
            group = next(groups, None)
        else:
            yield leaf, group[1]
            leaf, group = next(leaves, None), next(groups, None)


def _named(what: Leaf | Row) -> str:
    return f"Entry {what.id} of {moment(what.at).isoformat(timespec='seconds')}"


def _late_enough(seal: Seal) -> bool:
    return seal.last_at is not None and seal.made_at - seal.last_at >= SHORTEST_KEPT
