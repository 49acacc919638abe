"""The kinds of long work: each app registers its own, from `ready()`."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.utils.functional import Promise

if TYPE_CHECKING:
    from servicedesk.core.models.job import Job

Json = Any
_KIND: Final = re.compile(r"[a-z_]+(\.[a-z_]+)?")
# What an id, a number as text, a date or the name of a field looks like.
_WORD: Final = re.compile(r"[A-Za-z0-9_.:+-]{0,100}", re.ASCII)


@dataclass(frozen=True)
class Step:
    """What one portion did: where the next one begins, and how much is done.

    `done` and `total` count in the job's own unit; `total` is None while unknown.
    With `finished` the job is done, and `result` (ids and numbers) is kept.
    """

    cursor: Json
    done: int
    total: int | None = None
    finished: bool = False
    result: dict[str, Json] | None = None


# One bounded portion from `job.cursor` on (None at the beginning), best about a
# second long. It runs in a transaction that holds the job's row lock and commits
# together with the cursor: what it does outside the database must bear repeating.
JobStep = Callable[["Job", dt.datetime], Step]


@dataclass(frozen=True)
class JobKind:
    """One kind of long work."""

    key: str
    title: str | Promise
    step: JobStep
    permission: str
    alone: bool = False
    result_url: Callable[["Job"], str] | None = None
    result_labels: Mapping[str, str | Promise] = field(default_factory=dict)


_kinds: dict[str, JobKind] = {}


def register_job(
    kind: str,
    *,
    title: str | Promise,
    step: JobStep,
    permission: str,
    alone: bool = False,
    result_url: Callable[["Job"], str] | None = None,
    result_labels: Mapping[str, str | Promise] | None = None,
) -> None:
    """Let jobs of `kind` (such as "customers.rotate") be started; from `ready()`.

    `permission` is asked of whoever starts one; who holds it sees all of the kind.
    Of a kind that is `alone` only one at a time is not over. `result_labels` names what
    of the result people are shown, in this order; the rest is for machines.
    Raises ValueError when something else is registered under the name already.
    """
    made = JobKind(
        kind, title, step, permission, alone, result_url, dict(result_labels or {})
    )
    if not _KIND.fullmatch(kind) or _kinds.setdefault(kind, made) != made:
        raise ValueError(f"Not a new name for a kind of job: {kind!r}")


def find_kind(kind: str) -> JobKind | None:
    """Return the kind, or None if this version of the program does not know it."""
    return _kinds.get(kind)


def kinds() -> Iterator[JobKind]:
    """Yield every kind that is known here."""
    yield from _kinds.values()


def refuse_words(value: Json) -> None:
    """Raise ValueError for anything but ids and numbers, in lists and dictionaries.

    Narrow enough that no name and no text of a customer fits by mistake.
    """
    if isinstance(value, dict):
        for each in (*value, *value.values()):
            refuse_words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            refuse_words(each)
    elif isinstance(value, str) and not _WORD.fullmatch(value):
        raise ValueError("A job holds ids and numbers only")
    elif value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"A job cannot hold a {type(value).__name__}")
