"""Know a file of guesses: numbers that only differ in what a mask hides.

The check of an import says row by row who is on record. Whoever sees 138****5678 could
upload the ten thousand numbers that look so, and read the right one in the answer.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from customers.actions.import_file import all_rows
from customers.models import Field, ImportBatch
from customers.queries.import_fields import BY_KEY
from customers.queries.masks import looks

ALIKE: Final = 60
"""So many numbers of one file may look alike behind a mask. Of half a million mobile
numbers, the most that a file holds, about four do on average with the commonest prefix,
and hardly ever twenty."""
_NO_DIGIT: Final = re.compile(r"\D")
_DIGITS = 11
_SHORTEST_ID = 14  # a mask leaves ten characters of it; of shorter ones, one


def most_alike(batch: ImportBatch) -> int:
    """Return how many different values of one column look alike behind a mask, at most.

    Of phones and ID numbers: of names and e-mail addresses an honest file has many.
    """
    places = [
        (int(place), reader)
        for place, key in batch.mapping.items()
        if (reader := _READERS.get(BY_KEY[key].mask or Field.NAME))
    ]
    if not places:
        return 0
    met = {
        found
        for _number, cells in all_rows(batch)
        for place, reader in places
        if place < len(cells) and (found := reader(cells[place]))
    }
    seen = Counter(alike for alike, _value in met)
    return max(seen.values(), default=0)


def _phone(cell: str) -> tuple[str, str] | None:
    """Return the last digits, whatever stands between or before them, and their mask."""
    digits = _NO_DIGIT.sub("", unicodedata.normalize("NFKC", cell))[-_DIGITS:]
    return (looks(Field.PHONE, digits), digits) if len(digits) == _DIGITS else None


def _id_number(cell: str) -> tuple[str, str] | None:
    plain = unicodedata.normalize("NFKC", cell).strip().upper()
    return (
        (looks(Field.ID_NUMBER, plain), plain) if len(plain) >= _SHORTEST_ID else None
    )


_READERS: Final[Mapping[str, Callable[[str], tuple[str, str] | None]]] = {
    Field.PHONE: _phone,
    Field.ID_NUMBER: _id_number,
}
