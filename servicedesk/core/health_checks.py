"""The register of what is looked at to tell whether the system is in order.

An app registers a check from `ready()`; `/readyz` and the page System health ask all of
them. A look is given a cursor of a connection of its own whose statements end after two
seconds; it does nothing slow and changes nothing.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Look = Callable[[Any], str]
"""Return what is wrong as the rest of a sentence, translated and without a value of
anybody's; "" if nothing is."""


class Severity(enum.Enum):
    """What trouble means: the process can do nothing, or works on for a while."""

    FAILED = "failed"
    DEGRADED = "degraded"


@dataclass(frozen=True)
class Check:
    """One thing to look at: its name in logs, its title, and what a person does then."""

    name: str
    title: str | Promise
    look: Look
    advice: str | Promise
    severity: Severity = Severity.DEGRADED


_checks: dict[str, Check] = {}


def register_check(check: Check) -> None:
    """Add a check; called from `ready()`; one of the same name takes its place."""
    _checks[check.name] = check


def registered() -> list[Check]:
    """Return all checks in the order in which they came."""
    return list(_checks.values())
