"""Charts as SVG of our own: classes only, coloured by the tokens, made on the server.

A chart says in words what it shows (title, description); the table beside it holds the
numbers. Nothing in it is inline style or script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe

_ROW, _GAP, _LABEL, _BAR, _NUMBER = 18, 8, 132, 300, 68
_LONGEST: Final = 14


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its length (None is drawn as unknown) and the words at its end."""

    label: str
    value: float | None
    words: str


def bars(*, key: str, title: str, description: str, rows: Sequence[Bar]) -> SafeString:
    """Return horizontal bars; `key` names the chart within its page."""
    most = max((row.value or 0 for row in rows), default=0) or 1
    height = len(rows) * (_ROW + _GAP)
    width = _LABEL + _BAR + _NUMBER
    drawn = "".join(_row(row, place, most) for place, row in enumerate(rows))
    return mark_safe(  # noqa: S308  # every text is escaped
        f'<svg class="chart" viewBox="0 -1 {width} {height}" role="img" '
        f'aria-labelledby="{escape(key)}-title {escape(key)}-what">'
        f'<title id="{escape(key)}-title">{escape(title)}</title>'
        f'<desc id="{escape(key)}-what">{escape(description)}</desc>{drawn}</svg>'
    )


def _row(row: Bar, place: int, most: float) -> str:
    top = place * (_ROW + _GAP)
    middle = top + _ROW - 5
    label = escape(_short(row.label))
    if row.value is None:
        bar = (
            f'<rect class="chart__unknown" x="{_LABEL}" y="{top}" width="24" '
            f'height="{_ROW}" rx="3"/>'
        )
        end = _LABEL + 24.0
    else:
        length = round(_BAR * row.value / most, 1)
        bar = (
            f'<rect class="chart__bar" x="{_LABEL}" y="{top}" width="{length}" '
            f'height="{_ROW}" rx="3"/>'
        )
        end = _LABEL + length
    return (
        f'<text class="chart__label" x="{_LABEL - 8}" y="{middle}">{label}</text>{bar}'
        f'<text class="chart__number" x="{end + 6}" y="{middle}">{escape(row.words)}</text>'
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
