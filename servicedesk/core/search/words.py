"""Cut text into the words that search knows: character pairs, stems, numbers.

Chinese writes no spaces, so a run of its characters gives each pair of neighbours and
its last character: whatever two characters somebody types, they are a word. Japanese,
Korean, Thai and their neighbours are cut the same way.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

LONGEST = 64
"""Characters of a word that count; what is longer is known by its beginning."""
_DIGITS = 4  # so many digits inside a mixed word can be found without its letters
_PAIRED = (
    "\u3005\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\u1100-\u11ff\uac00-\ud7a3\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\U00020000-\U000323af"
)
_ATOM = rf"[^\W_{_PAIRED}]+"
# A number may be written in parts (SD-2026-000123, 2.4.1): it is one word, too.
_PIECE = re.compile(
    rf"(?P<run>[{_PAIRED}]+)|{_ATOM}(?:(?:[-_]|(?<=\d)\.(?=\d)){_ATOM})*"
)
_PART = re.compile(_ATOM)
_NUMBER = re.compile(rf"\d{{{_DIGITS},}}")
_MARKED = re.compile(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
_stemmer = snowballstemmer.stemmer("english")
_one_at_a_time = threading.Lock()


class Piece(NamedTuple):
    """A stretch of text without a gap: a run of characters, or a word in its parts."""

    run: bool
    text: str
    start: int
    parts: tuple[tuple[str, int], ...] = ()


class Word(NamedTuple):
    """A word as the index knows it, where it stands, and from where to where."""

    lexeme: str
    position: int
    start: int
    end: int


def fold(text: str) -> str:
    """Return the text as it is compared: one form of each character, no capitals."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def fold_with_places(text: str) -> tuple[str, list[int] | None]:
    """Return the folded text, and for each of its characters the place in the original.

    None in place of the list says that they are the same.
    """
    folded = fold(text)
    if len(folded) == len(text):
        return folded, None
    parts, places = [], []
    for found in _MARKED.finditer(text):
        part = fold(found[0])
        parts.append(part)
        places += [found.start()] * len(part)
    return "".join(parts), places


def pieces(folded: str) -> Iterator[Piece]:
    """Yield the pieces of a folded text."""
    for found in _PIECE.finditer(folded):
        text, start = found[0], found.start()
        if found["run"]:
            yield Piece(run=True, text=text, start=start)
        else:
            parts = tuple((each[0], each.start()) for each in _PART.finditer(text))
            yield Piece(run=False, text=text, start=start, parts=parts)


def words(folded: str, begin: int = 0) -> Iterator[Word]:
    """Yield every word of a folded text, the first one behind the position `begin`."""
    position = begin
    for piece in pieces(folded):
        if piece.run:
            yield from _pairs(piece, position)
            position += len(piece.text)
            continue
        if is_number(piece):
            end = piece.start + len(piece.text)
            yield Word(piece.text[:LONGEST], position + 1, piece.start, end)
        for part, offset in piece.parts:
            position += 1
            yield from _forms(part, piece.start + offset, position)


def is_number(piece: Piece) -> bool:
    """Tell whether a word in several parts is looked for as a whole."""
    return len(piece.parts) > 1 and any(each.isdigit() for each in piece.text)


def stem(word: str) -> str:
    """Return what stands for all forms of an English word; others as they are."""
    word = word[:LONGEST]
    return _stem(word) if word.isascii() and word.isalpha() else word


def _pairs(piece: Piece, position: int) -> Iterator[Word]:
    text, start = piece.text, piece.start
    for place in range(len(text)):
        pair = text[place : place + 2]
        at = start + place
        yield Word(pair, position + 1 + place, at, at + len(pair))


def _forms(part: str, start: int, position: int) -> Iterator[Word]:
    end = start + len(part)
    yield Word(stem(part), position, start, end)
    if not part.isdigit() and not part.isalpha():
        for found in _NUMBER.finditer(part):
            if found.start():
                lexeme = found[0][:LONGEST]
                yield Word(lexeme, position, start + found.start(), start + found.end())


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    with _one_at_a_time:  # the stemmer works on itself
        return str(_stemmer.stemWord(word))
