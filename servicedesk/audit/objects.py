"""What people call a thing, and which rows of the log are about it: told by the apps above."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q

# Takes what was typed; gives models and the keys of their rows, or nothing.
Finder = Callable[[str], Iterable[tuple[type[Model], list[str]]]]
_finders: dict[str, Finder] = {}
_SHORT = 6  # digits that no telephone number is content with


def register_finder(name: str, finder: Finder) -> None:
    """Have `finder` asked for what people type; twice is as good as once."""
    _finders[name] = finder


def about(typed: str) -> Q:
    """Return the condition for entries about what was typed: a number or a key."""
    found = Q(pk__in=[])
    for finder in _finders.values():
        for model, keys in finder(typed):
            kind = ContentType.objects.get_for_model(model)
            found |= Q(content_type=kind, object_pk__in=keys)
    if key := _key(typed):
        kinds = ContentType.objects.values_list("pk", flat=True)
        found |= Q(content_type__in=list(kinds), object_pk=key)
    return found


def is_known(typed: str) -> bool:
    """Tell whether what was typed names one of our rows, and not perhaps a person.

    A long number that is nobody's may be a telephone's.
    """
    if any(True for finder in _finders.values() for _rows in finder(typed)):
        return True
    key = _key(typed)
    return bool(key) and (len(key) <= _SHORT or not key.isdecimal())


def _key(typed: str) -> str:
    if typed.isascii() and typed.isdecimal():
        return typed
    try:
        return str(UUID(typed))
    except ValueError:
        return ""
