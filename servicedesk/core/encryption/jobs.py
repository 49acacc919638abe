"""The work about keys as jobs: a worker carries on the run, portion by portion."""

import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.translation import pgettext_lazy

from servicedesk.core.actions.keys import carry_on, count_values, start_run
from servicedesk.core.jobs.registry import Step, register_job
from servicedesk.core.models import KeyRun, KeyWork

if TYPE_CHECKING:
    from servicedesk.core.models import Job

KIND: Final = {work: f"encryption.{work.value}" for work in KeyWork}
COUNT: Final = "encryption.count"
PERMISSION: Final = "core.add_keyrun"
PASS_PAUSE: Final = 1.0


def register_key_jobs() -> None:
    """Let administrators start the work from the page."""
    titles = {
        KeyWork.ROTATE: pgettext_lazy("work on keys", "Encrypt anew"),
        KeyWork.REINDEX: pgettext_lazy("work on keys", "Index anew"),
        KeyWork.VERIFY: pgettext_lazy("work on keys", "Read everything once"),
    }
    for work, title in titles.items():
        register_job(
            KIND[work],
            title=title,
            step=_STEPS[work],
            permission=PERMISSION,
            alone=True,
            result_url=_page,
        )
    register_job(
        COUNT,
        title=pgettext_lazy("work on keys", "Count the values"),
        step=count,
        permission=PERMISSION,
        alone=True,
        result_url=_page,
    )


def step(work: KeyWork, job: "Job", now: dt.datetime) -> Step:
    """Do one portion of the run that the job is about, or begin one."""
    known = (job.cursor or {}).get("run")
    if known:
        run = KeyRun.objects.get(pk=known)
    else:
        run = start_run(work=work, by=job.by, now=now)
    before = (run.cursor or {}).get("pass", 1)
    run = carry_on(run=run, now=now)
    over = run.finished_at is not None
    if not over and (run.cursor or {}).get("pass", 1) != before:
        # What was passed over was in somebody's hands: give it time.
        time.sleep(PASS_PAUSE)
    if over:
        count_values(now=now)
    # What came of it is told by the page about keys, in words.
    return Step({"run": str(run.pk)}, run.done, run.total, finished=over)


def _page(job: "Job") -> str:
    del job
    return reverse("keys:page")


def count(job: "Job", now: dt.datetime) -> Step:
    """Count all values by key, in one portion."""
    del job
    count_values(now=now)
    return Step(None, 1, 1, finished=True)


# Made once: registering twice must find the same function.
_STEPS: Final[dict[KeyWork, Callable[["Job", dt.datetime], Step]]] = {
    work: partial(step, work) for work in KeyWork
}
