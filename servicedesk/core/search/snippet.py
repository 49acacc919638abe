"""Show where a search was found: the stretch of a text with its hits marked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from servicedesk.core.search.asked import Step, Term
from servicedesk.core.search.words import Word, fold_with_places, words

WIDTH = 140
_BEFORE = 30  # characters shown in front of the first hit
_PARTED = "…"
Span = tuple[int, int]


def spans(text: str, terms: Sequence[Term]) -> dict[Term, list[Span]]:
    """Return where in the text each term stands; terms that are not in it are absent."""
    folded, places = fold_with_places(text)
    if not any(_may_stand(way, folded) for term in terms for way in term.ways):
        return {}
    by_position: dict[int, list[Word]] = defaultdict(list)
    for word in words(folded):
        by_position[word.position].append(word)
    found: dict[Term, list[Span]] = {}
    for term in terms:
        here = [
            _original(span, places, len(text))
            for way in term.ways
            for span in _matches(by_position, way)
        ]
        if here:
            found[term] = here
    return found


def _may_stand(way: tuple[Step, ...], folded: str) -> bool:
    """Tell without taking the text apart; words of letters are cut to stems, so maybe."""
    return all(step.lexeme.isascii() or step.lexeme in folded for step in way)


def marked(text: str, found: Iterable[Span], *, width: int = WIDTH) -> SafeString:
    """Return a stretch of the text as HTML with the spans in <mark>; all else escaped."""
    ordered = _merged(found)
    begin, end = _stretch(text, ordered, width)
    parts: list[tuple[str, str, str]] = []
    at = begin
    for start, stop in ordered:
        if start < at or stop > end:
            continue
        parts += [("", text[at:start], ""), ("<mark>", text[start:stop], "</mark>")]
        at = stop
    parts.append(("", text[at:end], ""))
    if begin > 0:
        parts.insert(0, ("", _PARTED, ""))
    if end < len(text):
        parts.append(("", _PARTED, ""))
    return _html(parts)


def _html(parts: list[tuple[str, str, str]]) -> SafeString:
    # The marks are ours; what stands between them is somebody else's and is escaped.
    return format_html_join(
        "",
        "{}{}{}",
        ((SafeString(a), " ".join(_lines(b)), SafeString(c)) for a, b, c in parts),
    )


def _lines(text: str) -> list[str]:
    return text.splitlines() or [""]


def _matches(by_position: dict[int, list[Word]], way: tuple[Step, ...]) -> list[Span]:
    found = []
    for position, here in by_position.items():
        for word in here:
            if _is(word, way[0]):
                end = _follow(by_position, way, position)
                if end:
                    first = word.start + 1 if _one_of_two(word, way[0]) else word.end
                    found.append((word.start, max(first, end if len(way) > 1 else 0)))
    return found


def _follow(
    by_position: dict[int, list[Word]], way: tuple[Step, ...], position: int
) -> int:
    """Return where the sequence ends that begins at the position; 0 if it does not."""
    end = 1
    for step in way[1:]:
        here = by_position.get(position + step.offset, [])
        hit = next((word for word in here if _is(word, step)), None)
        if hit is None:
            return 0
        end = hit.start + 1 if _one_of_two(hit, step) else hit.end
    return end


def _is(word: Word, step: Step) -> bool:
    if step.begins:
        return word.lexeme.startswith(step.lexeme)
    return word.lexeme == step.lexeme


def _one_of_two(word: Word, step: Step) -> bool:
    """Tell whether only the first character of a pair was asked for."""
    return step.begins and len(step.lexeme) == 1 and len(word.lexeme) > 1


def _original(span: Span, places: list[int] | None, length: int) -> Span:
    if places is None:
        return span
    start, end = span
    stop = places[end] if end < len(places) else length
    return places[start], max(stop, places[start] + 1)


def _merged(found: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _stretch(text: str, ordered: list[Span], width: int) -> Span:
    first = ordered[0][0] if ordered else 0
    begin = 0 if first <= _BEFORE or len(text) <= width else first - _BEFORE
    if begin and text[begin - 1].isalnum() and text[begin - 1].isascii():
        # Not in the middle of a word.
        space = text.find(" ", begin, first)
        begin = space + 1 if space > 0 else begin
    end = max(begin + width, ordered[0][1] if ordered else 0)
    return begin, min(end, len(text))
