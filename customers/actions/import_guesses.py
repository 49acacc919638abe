"""Know a file of guesses: numbers that only differ in what a mask hides.

The check of an import says row by row who is on record. Whoever sees 138****5678 could
upload the ten thousand numbers that look so, and read the right one in the answer.
"""

import re
import unicodedata
from collections import Counter
from typing import Final

from customers.actions.import_file import all_rows
from customers.models import ContactKind, ImportBatch
from customers.queries.import_fields import BY_KEY

ALIKE: Final = 60
"""So many numbers of one file may look alike behind a mask. Of half a million mobile
numbers, the most that a file holds, about four do on average with the commonest prefix,
and hardly ever twenty."""
_NO_DIGIT: Final = re.compile(r"\D")
_DIGITS, _HEAD, _TAIL = 11, 3, 4


def most_alike(batch: ImportBatch) -> int:
    """Return how many different numbers of the file look alike behind a mask, at most."""
    places = [
        int(place)
        for place, key in batch.mapping.items()
        if BY_KEY[key].contact == ContactKind.PHONE
    ]
    if not places:
        return 0
    met = {
        number
        for _number, cells in all_rows(batch)
        for place in places
        if place < len(cells) and (number := _number_in(cells[place]))
    }
    seen = Counter(number[:_HEAD] + number[-_TAIL:] for number in met)
    return max(seen.values(), default=0)


def _number_in(cell: str) -> str:
    """Return the last digits, whatever stands between or before them; "" for too few."""
    digits = _NO_DIGIT.sub("", unicodedata.normalize("NFKC", cell))
    return digits[-_DIGITS:] if len(digits) >= _DIGITS else ""
