"""Texts as customers write them: words drawn by a law like Zipf's, in two languages.

The common words are a list; the long tail is made of pairs (Chinese) and of invented
words (English). Of a million tickets the first word is in about 30 of 100, 退款 in
about 6, and the last ones in a handful.
"""

import random
from collections.abc import Iterator
from itertools import accumulate, product
from pathlib import Path

HERE = Path(__file__).parent
VOCABULARY = 6_000
FLAT = 26.0  # how much flatter than Zipf's law the first ranks are
SYLLABLES = ("ba", "cor", "den", "fi", "gral", "hin", "jo", "kes", "lum", "mor", "nat",
             "ost", "pel", "qui", "ras", "sil", "tev", "umb", "vor", "wen", "xan", "zet")  # fmt: skip
ZH, EN = "zh-hans", "en"
SUBJECT, SENTENCE = "subject", "sentence"
POOL = {SUBJECT: 20_000, SENTENCE: 60_000}
"""How many texts of a kind there are in each language."""
LENGTHS = {SUBJECT: (2, 5), SENTENCE: (4, 9)}


def vocabulary(language: str, chance: random.Random) -> list[str]:
    """Return the words of a language, the most common first."""
    name = "words_zh.txt" if language == ZH else "words_en.txt"
    words = list(dict.fromkeys((HERE / name).read_text(encoding="utf-8").split()))
    seen = set(words)
    # What one looks for must be as rare as it is meant to be: no pair holds it.
    common = [word for word in words if word != "退款"]
    while len(words) < VOCABULARY:
        if language == ZH:
            word = chance.choice(common) + chance.choice(common)
        else:
            word = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))
        if word not in seen:
            seen.add(word)
            words.append(word)
    return words


def pool(seed: int) -> Iterator[tuple[str, str, int, str]]:
    """Yield (language, kind, place, text) of every text that tickets are made of."""
    weights = list(accumulate(1 / (rank + FLAT) for rank in range(1, VOCABULARY + 1)))
    for language, kind in product((ZH, EN), POOL):
        chance = random.Random(f"{seed} {language} {kind}")
        words = vocabulary(language, random.Random(f"{seed} {language}"))
        for place in range(POOL[kind]):
            length = chance.randint(*LENGTHS[kind])
            chosen = chance.choices(words, cum_weights=weights, k=length)
            yield language, kind, place, _joined(language, kind, chosen)


def _joined(language: str, kind: str, words: list[str]) -> str:
    if language == ZH:
        # Without a break between them, two words would make a third by accident.
        half = len(words) // 2
        text = "，".join("".join(part) for part in (words[:half], words[half:]) if part)
        return text + ("。" if kind == SENTENCE else "")
    text = " ".join(words)
    return text.capitalize() + (". " if kind == SENTENCE else "")
