"""Customer numbers as people write them: C-000123, c 123, 000123."""

import re
import unicodedata

_CODE = re.compile(r"(?:C[-\s]?)?0*([1-9]\d{0,17})", re.IGNORECASE)
_MARKED = re.compile(r"C[-\s]?0*([1-9]\d{0,17})", re.IGNORECASE)


def read_code(text: str, *, marked: bool = False) -> int | None:
    """Return the number that is meant, None for no number; `marked` asks for the C."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = (_MARKED if marked else _CODE).fullmatch(plain)
    return int(found[1]) if found else None
