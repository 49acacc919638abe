"""What of a person lies beside their record for some days: files of imports, searches.

Both are sealed, and both would outlast an erasure: a file lies here for seven days after
its upload, what somebody typed for one.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import phonenumbers

from customers.actions import import_file
from customers.actions.identify import Contact, indexes_of
from customers.models import (
    ContactKind,
    ContactPoint,
    Customer,
    CustomerSearch,
    ImportBatch,
    ImportKey,
    ImportPart,
)
from servicedesk.core.encryption.errors import KeyMissing

_BETWEEN: Final = re.compile(r"[\s\-()/.·]+")
_LOOKS_LIKE_A_WAY: Final = re.compile(r"@|\d{7}")


@dataclass(frozen=True)
class Traces:
    """By what a row of a file is known to be about a person: squeezed, see `_squeezed`.

    `inside` may stand anywhere in a cell (phones, e-mail addresses), `whole` is all of
    it (messengers, ID numbers), `names` alone say nothing where a way to reach somebody
    else stands beside them.
    """

    inside: frozenset[str]
    whole: frozenset[str]
    names: frozenset[str]
    digests: tuple[bytes, ...]

    def maybe_in(self, text: str) -> bool:
        """Tell whether a whole part could hold the person: quick, and never wrong no."""
        squeezed = _squeezed(text)
        every = (*self.inside, *self.whole, *self.names)
        return any(each in squeezed for each in every)

    def hold(self, cells: Sequence[str]) -> bool:
        """Tell whether a row is about the person."""
        squeezed = [_squeezed(cell) for cell in cells]
        if any(each in cell for cell in squeezed for each in self.inside):
            return True
        if self.whole.intersection(squeezed):
            return True
        reached = any(_LOOKS_LIKE_A_WAY.search(cell) for cell in squeezed)
        return not reached and bool(self.names.intersection(squeezed))


def traces_of(people: Iterable[Customer]) -> Traces:
    """Return by what these people are known; asked before their record is emptied."""
    inside, whole, names = set(), set(), set()
    digests: list[bytes] = []
    for person in people:
        names.add(_squeezed(person.name) if isinstance(person.name, str) else "")
        if isinstance(person.id_number, str):
            whole.add(_squeezed(person.id_number))
    for point in ContactPoint.objects.filter(customer__in=people):
        if not isinstance(point.value, str):
            continue  # it cannot be read here, nor compared
        kind = ContactKind(point.kind)
        with suppress(KeyMissing):
            digests += indexes_of(Contact(kind, point.value))
        if kind == ContactKind.PHONE:
            inside.add(_national(point.value))
        else:
            (inside if kind == ContactKind.EMAIL else whole).add(_squeezed(point.value))
    return Traces(
        frozenset(inside - {""}),
        frozenset(whole - {""}),
        frozenset(names - {""}),
        tuple(digests),
    )


def forget_leftovers(traces: Traces) -> None:
    """Empty the rows of files that are about these people, and forget all searches.

    A row stays in its place, empty, so that the rows after it keep their numbers; it
    is then rejected as any empty row. A file that was not cut into rows yet, or that
    begins with such a row as its head, goes as a whole. Searches go whoever they were
    for: four digits typed yesterday tell as much as a name.
    """
    CustomerSearch.objects.all().delete()
    ImportKey.objects.filter(digest__in=traces.digests).delete()
    parts = ImportPart.objects.filter(batch__forgotten_at=None).order_by("pk")
    for part in parts.filter(raw=False).iterator(chunk_size=4):
        if isinstance(part.content, str) and traces.maybe_in(part.content):
            _empty_rows(part, traces)
    for batch in ImportBatch.objects.filter(forgotten_at=None):
        _forget_whole(batch, traces)


def _empty_rows(part: ImportPart, traces: Traces) -> None:
    rows = import_file.rows_of(part)
    kept = [[""] * len(row) if traces.hold(row) else row for row in rows]
    if kept != rows:
        part.content = json.dumps(kept, ensure_ascii=False)
        part.save(update_fields=["content"])


def _forget_whole(batch: ImportBatch, traces: Traces) -> None:
    if isinstance(batch.file_name, str) and traces.maybe_in(batch.file_name):
        batch.file_name = "—"
        batch.save(update_fields=["file_name"])
    raw = ImportPart.objects.filter(batch=batch, raw=True)
    if raw.exists() and not isinstance(batch.heads, str):
        # Bytes that nobody has read yet: who is in them cannot be told in time.
        raw.delete()
    if isinstance(batch.heads, str) and traces.hold(json.loads(batch.heads)):
        ImportPart.objects.filter(batch=batch).delete()
        batch.heads = None
        batch.save(update_fields=["heads"])


def _national(e164: str) -> str:
    """Return the digits without the country: they stand in the number however written."""
    try:
        parsed = phonenumbers.parse(e164.partition("x")[0], None)
    except phonenumbers.NumberParseException:
        return _squeezed(e164)
    return str(parsed.national_number)


def _squeezed(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
