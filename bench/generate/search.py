"""What search knows of the generated tickets; nothing where search is not there."""

import importlib
import importlib.util
from typing import Any

TABLE = "tickets_tickettext"
VECTOR = "servicedesk.core.search.vector"
_WEIGHT = {"subject": "A", "sentence": "C"}


def there() -> bool:
    """Tell whether this version of the desk searches by words."""
    try:
        return importlib.util.find_spec(VECTOR) is not None
    except ModuleNotFoundError:
        return False


def vector_of(kind: str, text: str) -> str:
    """Return the text's vector for COPY, made as the product makes it."""
    vector: Any = importlib.import_module(VECTOR).Vector()
    vector.add(text, _WEIGHT[kind])
    return str(vector.literal()).replace("\\", "\\\\")
