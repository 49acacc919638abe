"""Read what somebody typed into the search field."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from servicedesk.core.search.vector import quoted
from servicedesk.core.search.words import (
    LONGEST,
    Piece,
    fold,
    is_number,
    pieces,
    stem,
)

MOST_TERMS = 12
_SHORTEST_BEGINNING = 3  # digits; fewer would begin nearly everything
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
_TERM = re.compile(r'(?P<no>-?)"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"、。，；,;!?]+)')


@dataclass(frozen=True)
class Step:
    """One word of a term: how far behind the first, and whether it only begins so."""

    lexeme: str
    offset: int
    begins: bool = False

    def __str__(self) -> str:
        return quoted(self.lexeme) + (":*" if self.begins else "")


@dataclass(frozen=True)
class Term:
    """What has to be found: one of several ways, each a sequence of words."""

    ways: tuple[tuple[Step, ...], ...]

    def __str__(self) -> str:
        return " | ".join(f"({_sequence(way)})" for way in self.ways)


@dataclass(frozen=True)
class Asked:
    """A search: all of these terms, and none of those.

    `much` says that it had more terms than are looked for.
    """

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()
    much: bool = False

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        """Return it as PostgreSQL reads it."""
        wanted = [f"({term})" for term in self.terms]
        unwanted = [f"!({term})" for term in self.without]
        return " & ".join([*wanted, *unwanted])


def read(text: str) -> Asked:
    """Return what a text asks for; an empty `Asked` where it holds no word.

    Terms stand apart by spaces or commas; "quotes" keep words together; a minus in
    front excludes.
    """
    terms: list[Term] = []
    without: list[Term] = []
    folded = fold(text.translate(_QUOTES))
    for found in _TERM.finditer(folded):
        plain = found["plain"] or ""
        exact = found["quoted"] is not None
        no = bool(found["no"]) if exact else _excludes(plain, folded, found.start())
        ways = tuple(_ways(found["quoted"] if exact else plain, exact=exact))
        if ways:
            (without if no else terms).append(Term(ways))
    kept = tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(without))
    much = any(len(each) > MOST_TERMS for each in kept)
    return Asked(kept[0][:MOST_TERMS], kept[1][:MOST_TERMS], much)


def _excludes(plain: str, folded: str, start: int) -> bool:
    return plain.startswith("-") and (start == 0 or folded[start - 1].isspace())


def _ways(text: str, *, exact: bool) -> Iterator[tuple[Step, ...]]:
    found = list(pieces(text))
    if not found:
        return
    if len(found) == 1 and is_number(found[0]):
        whole = found[0].text[:LONGEST]
        yield (Step(whole, 0, begins=not exact),)
    yield tuple(_steps(found, exact=exact))


def _steps(found: list[Piece], *, exact: bool) -> Iterator[Step]:
    offset = 0
    for place, piece in enumerate(found):
        last = place == len(found) - 1
        if piece.run:
            yield from _run(piece.text, offset)
            offset += len(piece.text)
            continue
        for number, (part, _start) in enumerate(piece.parts):
            ends = last and number == len(piece.parts) - 1 and not exact
            yield Step(stem(part), offset, begins=ends and _may_begin(part))
            offset += 1


def _run(text: str, offset: int) -> Iterator[Step]:
    if len(text) == 1:
        # Alone it begins a pair, or is the last of its run.
        yield Step(text, offset, begins=True)
    for place in range(len(text) - 1):
        yield Step(text[place : place + 2], offset + place)


def _may_begin(part: str) -> bool:
    digits = any(each.isdigit() for each in part)
    return digits and len(part) >= _SHORTEST_BEGINNING


def _sequence(way: tuple[Step, ...]) -> str:
    text = str(way[0])
    for before, step in pairwise(way):
        text += f" <{step.offset - before.offset}> {step}"
    return text
