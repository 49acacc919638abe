"""The security checks: each app registers its own, from `ready()`."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise

from servicedesk.core.models import Level, SecurityFinding

_KEY: Final = re.compile(r"[a-z_]+\.[a-z_]+")
MOST_SUBJECTS: Final = 200


@dataclass(frozen=True)
class Found:
    """One thing that a check found; what is in order is not mentioned.

    `code` is a word for which the check has a sentence. `numbers` go into the sentence,
    `subjects` are the ids of what it is about: ids, numbers, and names of settings and
    packages only. A check that could not look says so by the level UNCHECKED.
    """

    level: Level
    code: str
    count: int = 1
    numbers: Mapping[str, Any] = field(default_factory=dict)
    subjects: Sequence[int | str] = ()


@dataclass(frozen=True)
class Said:
    """What a finding says, and what to do about it.

    `what` may be an `ngettext_lazy` on "count", and may name `%(count)s` and the
    finding's own numbers; a list among them is written with commas.
    """

    what: str | Promise
    todo: str | Promise


Look = Callable[[dt.datetime], Iterable[Found]]
# Given ids of subjects, returns what each is called; of people it is their name.
Names = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class SecurityCheck:
    """One check.

    `permission` is held by those who mend what it finds: they are shown whom it is
    about, and where to go. `mend` is the name of that page, `subject` the name of the
    page of one subject, which takes its id, and `names` says what each is called.
    """

    key: str
    title: str | Promise
    look: Look
    said: Mapping[str, Said]
    permission: str
    mend: str = ""
    subject: str = ""
    names: Names | None = None


_checks: dict[str, SecurityCheck] = {}


def register_security_check(check: SecurityCheck) -> None:
    """Let each run of the security checks look at this as well; from `ready()`.

    Raises ValueError when something else is registered under the name already.
    """
    if not _KEY.fullmatch(check.key) or _checks.setdefault(check.key, check) != check:
        raise ValueError(f"Not a new name for a security check: {check.key!r}")


def find_check(key: str) -> SecurityCheck | None:
    """Return the check, or None if this version of the program does not know it."""
    return _checks.get(key)


def all_checks() -> list[SecurityCheck]:
    """Return every check, in the order in which they are looked at and shown."""
    return [_checks[key] for key in sorted(_checks)]


def sentence_of(said: Said, finding: SecurityFinding) -> str:
    """Return what was found as a sentence, with its numbers."""
    numbers = {name: _written(each) for name, each in finding.numbers.items()}
    words: Any = said.what
    return str(words % {"count": finding.count, **numbers})


def _written(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
