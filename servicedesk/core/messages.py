"""Which texts the source asks to translate, found without gettext's programs.

Templates are turned into gettext calls by Django's own `templatize`; Babel reads
the calls there and in Python sources. (xgettext is not on every machine.)
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_python
from django.conf import settings
from django.utils.translation.template import templatize

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(
    rf"(?<!\w)(?:_|n?p?gettext)\(\s*{_STRING}(?:\s*,\s*{_STRING})*", re.DOTALL
)
_SKIPPED = {
    "migrations",
    "tests",
    "bench",
    ".venv",
    ".data",
    ".test-data",
    "node_modules",
}


@dataclass(frozen=True, order=True)
class Text:
    """One text to translate: its context (or ""), itself, its plural (or "")."""

    context: str
    single: str
    plural: str = ""


def wanted(root: Path | None = None) -> dict[Text, list[str]]:
    """Return every text that the source asks for, with the files that do."""
    root = root or Path(settings.ROOT)
    found: dict[Text, list[str]] = {}
    for path in _sources(root):
        for text in _texts(path):
            files = found.setdefault(text, [])
            name = path.relative_to(root).as_posix()
            if name not in files:
                files.append(name)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for suffix in ("*.py", "*.html", "*.txt"):
        for path in sorted(root.rglob(suffix)):
            parts = path.relative_to(root).parts
            hidden = any(part in _SKIPPED or part.startswith(".") for part in parts)
            if not hidden and (suffix == "*.py" or parts[0] == "templates"):
                yield path


def _texts(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = _calls_alone(templatize(source, origin=str(path)))
    calls = extract_python(io.BytesIO(source.encode()), _KEYWORDS, [], {})
    for _line, function, message, _comments in calls:
        text = _text(str(function), message)
        if text is not None and text.single:
            yield text


def _calls_alone(source: str) -> str:
    """Keep the gettext calls of a templatized template: the rest is no Python."""
    return "\n".join(f"{call.group(0)})" for call in _CALL.finditer(source))


def _text(function: str, message: object) -> Text | None:
    parts = list(message) if isinstance(message, (tuple, list)) else [message]
    # A part that is no literal cannot be known here; tests forbid it elsewhere.
    strings = [part for part in parts if isinstance(part, str)]
    needed = {"n": 2, "p": 2, "np": 3}
    kind = (
        "np"
        if function.startswith("npgettext")
        else "n"
        if function.startswith("ngettext")
        else "p"
        if function.startswith("pgettext")
        else ""
    )
    if len(strings) < needed.get(kind, 1):
        return None
    match kind:
        case "np":
            return Text(strings[0], strings[1], strings[2])
        case "n":
            return Text("", strings[0], strings[1])
        case "p":
            return Text(strings[0], strings[1])
        case _:
            return Text("", strings[0])
