"""The register of figures that are read from the database when somebody asks for them.

An app registers a gauge from `ready()`: one query whose rows are the values of its
labels and a number. It runs at every scrape, so it must be answered by an index alone;
after two seconds it is given up, and the scrape says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Gauge:
    """A figure: its name without the prefix, what it says, and where it comes from."""

    name: str
    about: str
    sql: str
    labels: tuple[str, ...] = ()
    values: Callable[[], tuple[Any, ...]] = field(default=tuple)


_gauges: dict[str, Gauge] = {}


def register_gauge(gauge: Gauge) -> None:
    """Add a gauge; called from `ready()`; one of the same name takes its place."""
    _gauges[gauge.name] = gauge


def registered_gauges() -> list[Gauge]:
    """Return all gauges in the order in which they came."""
    return list(_gauges.values())
