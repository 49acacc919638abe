"""Know a file of guesses: numbers that only differ in what a mask hides.

The check of an import says row by row who is on record. Whoever sees 138****5678 could
upload the ten thousand numbers that look so, and read the right one in the answer; in
one file or in many.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from django.core.cache import cache

from customers.actions.guesses import DAY, SHORTEST_ID, looks_of, mark_of, plain_of
from customers.actions.identify import parse_contact
from customers.actions.import_file import all_rows
from customers.models import ContactKind, Field, ImportBatch
from customers.queries.import_fields import BY_KEY
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

ALIKE: Final = 60
"""So many numbers of one file, or of a person's files of a day, may look alike behind a
mask. Of half a million mobile numbers, the most that a file holds, about four do on
average with the commonest prefix, and hardly ever twenty."""
FEW: Final = 3
"""Fewer of one file are not kept: an honest one is full of such pairs."""
_AT_ONCE: Final = 500
_MOBILE: Final = re.compile(r"1\d{10}")

Groups = Mapping[tuple[Field, str], set[str]]
"""The different values that look alike: by field, and what a mask leaves."""


def most_alike(batch: ImportBatch) -> int:
    """Return how many different values of one column look alike behind a mask, at most.

    Of phones and ID numbers: of names and e-mail addresses an honest file has many.
    Those of the files that the person had checked within a day count as well.
    """
    groups = _groups(batch)
    most = max(map(len, groups.values()), default=0)
    if most > ALIKE:
        return most
    return max(most, _with_earlier(batch.by, groups))


def _groups(batch: ImportBatch) -> Groups:
    places = [
        (int(place), field, _READERS[field])
        for place, key in batch.mapping.items()
        if (field := BY_KEY[key].mask) is not None and field in _READERS
    ]
    found: dict[tuple[Field, str], set[str]] = {}
    if not places:
        return found
    for _number, cells in all_rows(batch):
        for place, field, reader in places:
            if place < len(cells) and (plain := reader(cells[place])):
                looks = looks_of(field, plain)
                found.setdefault((field, looks), set()).add(plain)
    return found


def _with_earlier(user: User, groups: Groups) -> int:
    """Return the most that look alike with those of earlier files; keep them if allowed."""
    waiting = ((key, each) for key, each in groups.items() if len(each) >= FEW)
    most = 0
    kept: dict[str, int] = {}
    while portion := dict(islice(waiting, _AT_ONCE)):
        for count, key, marks in _counted(user, portion):
            most = max(most, count)
            kept |= {key: count, **marks}
    if most <= ALIKE and kept:
        cache.set_many(kept, DAY)
    return most


def _counted(user: User, groups: Groups) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Yield for each group how many there were in all, and what is to be kept of it."""
    keys = {
        (field, looks): f"limit:customers-alike-files:u{user.pk}:{looks}"
        for field, looks in groups
    }
    marks = {
        (field, looks): {mark_of(user, field, plain) for plain in plains} - {""}
        for (field, looks), plains in groups.items()
    }
    asked = [*keys.values(), *(mark for each in marks.values() for mark in each)]
    known = cache.get_many(asked)
    for group, key in keys.items():
        new = dict.fromkeys(marks[group] - known.keys(), 1)
        yield int(known.get(key, 0)) + len(new), key, new


def _phone(cell: str) -> str:
    cell = unicodedata.normalize("NFKC", cell).strip()
    if _MOBILE.fullmatch(cell):
        return f"+86{cell}"
    try:
        contact = parse_contact(cell)
    except RuleError:
        return ""
    return contact.value if contact.kind == ContactKind.PHONE else ""


def _id_number(cell: str) -> str:
    plain = plain_of(Field.ID_NUMBER, cell)
    return plain if len(plain) >= SHORTEST_ID else ""


_READERS: Final[Mapping[Field, Callable[[str], str]]] = {
    Field.PHONE: _phone,
    Field.ID_NUMBER: _id_number,
}
