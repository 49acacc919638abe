"""Build the vector that PostgreSQL indexes, within what its type can hold."""

from collections.abc import Iterable

from servicedesk.core.search.words import LONGEST, fold, words

LAST_POSITION = 16_383
MOST_POSITIONS = 255
MOST_BYTES = 900_000
"""PostgreSQL holds 1 MiB in a vector; the estimate below stays under it."""
_HEAD = 10  # bytes that a word costs beside its letters


class Vector:
    """The words of several texts, each text with a weight from A (most) to D.

    A vector has 16,383 positions. What comes behind them is kept without a place:
    its words are found, phrases of it are not. After 900 kB nothing is added and
    `cut` is true. So what matters most is to be added first.
    """

    def __init__(self) -> None:
        self.cut = False
        self._places: dict[str, list[str]] = {}
        self._bytes = 0
        self._position = 0

    def add(self, text: str, weight: str) -> None:
        """Take in a text. No phrase reaches from one text into the next."""
        last = self._position
        for word in words(fold(text), last):
            if self._bytes > MOST_BYTES:
                self.cut = True
                break
            self._put(word.lexeme, word.position, weight)
            last = word.position
        self._position = last + 2

    def add_whole(self, lexemes: Iterable[str], weight: str) -> None:
        """Take in words as they are, such as the number of a record."""
        self._position += 1
        for lexeme in lexemes:
            self._put(fold(lexeme)[:LONGEST], self._position, weight)
        self._position += 1

    @property
    def full(self) -> bool:
        """Whether nothing more would be added."""
        return self.cut or self._bytes > MOST_BYTES

    def literal(self) -> str:
        """Return the vector as PostgreSQL reads it."""
        return " ".join(
            f"{quoted(lexeme)}:{','.join(places)}" if places else quoted(lexeme)
            for lexeme, places in self._places.items()
        )

    def _put(self, lexeme: str, position: int, weight: str) -> None:
        places = self._places.get(lexeme)
        if places is None:
            places = self._places[lexeme] = []
            self._bytes += _HEAD + len(lexeme.encode())
        if position <= LAST_POSITION and len(places) < MOST_POSITIONS:
            places.append(f"{position}{weight}")
            self._bytes += 2


def quoted(lexeme: str) -> str:
    """Return a word as it stands in a vector or a query."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
