"""What a job says of itself, in the reader's language."""

import datetime as dt
import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.core.jobs.registry import find_kind
from servicedesk.core.models import Job

_MINUTE, _HOUR = 60, 3600


def title_of(job: Job) -> str:
    """Return the name of the work; of a kind that is gone, its bare key."""
    kind = find_kind(job.kind)
    return str(kind.title) if kind else job.kind


def progress_of(job: Job) -> str:
    """Return how much is done, such as "1,200 of 5,000"."""
    done = number_format(job.done, force_grouping=True)
    if job.total is None:
        return _("%(done)s done") % {"done": done}
    total = number_format(job.total, force_grouping=True)
    return _("%(done)s of %(total)s") % {"done": done, "total": total}


def left_of(job: Job, now: dt.datetime) -> str:
    """Return roughly how long it will take at the pace so far; "" while unknown."""
    left = job.time_left(now)
    if left is None:
        return ""
    seconds = left.total_seconds()
    if seconds < _MINUTE:
        return _("less than a minute left")
    if seconds < _HOUR:
        minutes = math.ceil(seconds / _MINUTE)
        return ngettext(
            "about %(count)d minute left", "about %(count)d minutes left", minutes
        ) % {"count": minutes}
    hours = math.ceil(seconds / _HOUR)
    return ngettext(
        "about %(count)d hour left", "about %(count)d hours left", hours
    ) % {"count": hours}


def result_of(job: Job) -> list[tuple[str, str]]:
    """Return what came of it as its kind labels it, numbers as people write them."""
    kind = find_kind(job.kind)
    found = job.result if isinstance(job.result, dict) else {}
    return [
        (str(label), _plain(found[name]))
        for name, label in (kind.result_labels if kind else {}).items()
        if isinstance(found.get(name), str | int | float)
    ]


def _plain(value: str | float) -> str:
    return (
        value if isinstance(value, str) else number_format(value, force_grouping=True)
    )


def error_of(job: Job) -> str:
    """Return a sentence for what went wrong; "" where nothing did.

    Only the name of the fault is kept: its words might hold what a customer said.
    """
    if not job.error:
        return ""
    if job.error == "WorkerLost":
        return _("The worker was lost again and again at the same place.")
    if job.error.endswith("TimeLimitExceeded"):
        return _("One portion took too long.")
    if job.error in {"OperationalError", "InterfaceError"}:
        return _("The database could not be reached, or took too long.")
    if job.error == "RuleError":
        return _("A rule does not allow it.")
    return _("Something unexpected went wrong (%(name)s). The log says more.") % {
        "name": job.error
    }
