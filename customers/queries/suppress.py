"""Hide small groups in a table whose total is known, so that none can be reckoned.

A group of fewer than five people is hidden. If it were the only one, the total less the
others would give it away: so at least two groups are hidden, of at least five people
together; the next smallest is hidden along with it (complementary suppression).
"""

from collections.abc import Sequence
from typing import Final

LEAST: Final = 5


def hidden(counts: Sequence[int], *, least: int = LEAST) -> frozenset[int]:
    """Return the places of the counts that must not be shown. None of nobody is shown."""
    hide = {place for place, count in enumerate(counts) if 0 < count < least}
    if not hide:
        return frozenset()
    rest = sorted(
        (count, place) for place, count in enumerate(counts) if count >= least
    )
    for _count, place in rest:
        if len(hide) > 1 and sum(counts[each] for each in hide) >= least:
            break
        hide.add(place)
    return frozenset(hide)


def total_may_show(counts: Sequence[int], *, least: int = LEAST) -> bool:
    """Tell whether the sum itself is no small group."""
    return sum(counts) == 0 or sum(counts) >= least
