"""Panels: how an app higher up shows something on a page lower down."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.functional import Promise

from servicedesk.core.access import may


@dataclass(frozen=True)
class Panel:
    """A part of a page: a title, the name of its URL, who may see it, and its place."""

    title: str | Promise
    url_name: str
    permission: str
    order: int = 100


_slots: dict[str, list[Panel]] = defaultdict(list)


def register(slot: str, panel: Panel) -> None:
    """Add a panel to a page's slot; called from `ready()`; twice is as good as once."""
    if panel not in _slots[slot]:
        _slots[slot].append(panel)
        _slots[slot].sort(key=lambda each: each.order)


def panels_for(
    slot: str, user: AbstractBaseUser, **url: object
) -> Iterator[dict[str, object]]:
    """Yield title and address of each panel of the slot that the user may see."""
    for panel in _slots[slot]:
        if may(user, panel.permission):
            yield {
                "title": panel.title,
                "url": reverse(panel.url_name, kwargs=url or None),
            }
